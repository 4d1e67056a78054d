import path from 'node:path';
import * as vscode from 'vscode';
import { GPU_RUNTIMES, type GpuRuntime } from '../process/gpuRuntime';
import type { RunAbilities } from '../protocol/runAbilities';
import { subjectOfRun } from '../protocol/subject';
import { chooseRun, chooseSubject } from './chooseSubject';
import type { ComputeBackends } from './computeBackends';
import type { ConfigCatalog } from './configCatalog';
import { ConfigCommands } from './configCommands';
import type { ConfigDiagnostics } from './configDiagnostics';
import { livePanel } from './panels/livePanel';
import { PANELS, type OpenPanels } from './panels/openPanels';
import { createConfig } from './newConfig';
import { createModel } from './newModel';
import { reportError } from './reportError';
import type { RunCatalog } from './runCatalog';
import { deleteRun, openConfig, openLog } from './runFiles';
import type { RunTree } from './runTree';
import type { TrainerService } from './trainerService';

/** What the commands work with. */
export interface CommandContext {
  backends: ComputeBackends;
  configs: ConfigCatalog;
  diagnostics: ConfigDiagnostics;
  panels: OpenPanels;
  runs: RunCatalog;
  trainer: TrainerService;
  tree: RunTree;
  /** Folder of what new models are made of. */
  userCodeAssets: string;
  log: vscode.LogOutputChannel;
}

/** Registers the commands of the manifest. None of them lets an error escape: all are reported to the user. */
export function registerCommands(context: CommandContext): vscode.Disposable {
  const { backends, panels, runs, trainer, log } = context;
  const register = (name: string, run: (argument: never, selected?: unknown) => Promise<void>) =>
    vscode.commands.registerCommand(`recsight.${name}`, async (argument: never, selected: unknown) => {
      try {
        await run(argument, selected);
      } catch (error) {
        reportError(error, log);
      }
    });
  /** A command on one run: the one it was called on, else the one in view, else the user's choice. */
  const registerForRun = (
    name: string,
    title: string,
    isSuitable: (abilities: RunAbilities) => boolean,
    act: (directory: string) => Promise<void>,
  ) =>
    register(name, async (argument: unknown) => {
      const directory = await chooseRun(context, argument, title, isSuitable);
      if (directory !== undefined) await act(directory);
    });
  const show = (directory: string, preserveFocus = false) => {
    panels.of(livePanel.id).open(subjectOfRun(directory), { preserveFocus });
  };
  const configCommands = new ConfigCommands({ ...context, show });

  return vscode.Disposable.from(
    register('train', (uri: vscode.Uri | undefined) => configCommands.train(uri)),
    register('trainModel', (uri: vscode.Uri | undefined) => configCommands.trainModel(uri, false)),
    register('debugModel', (uri: vscode.Uri | undefined) => configCommands.trainModel(uri, true)),
    register('validateConfig', (uri: vscode.Uri | undefined) => configCommands.validate(uri)),
    register('newConfig', () => createConfig()),
    register('newModel', () => createModel(context.userCodeAssets)),
    register('refreshRuns', () => runs.refresh()),
    register('showBackends', () => backends.show()),
    register('installGpuRuntime', (runtime: unknown) => backends.install(asGpuRuntime(runtime))),
    ...PANELS.map(({ id, command: { name, title }, subjects, needsTrust }) =>
      register(name, async (argument: unknown, selected: unknown) => {
        // A list of several selected rows comes with the one that was clicked.
        const isForSeveral = subjects.kind === 'runs' && subjects.max > 1 && Array.isArray(selected);
        const subject = await chooseSubject(context, isForSeveral ? selected : argument, title, subjects);
        if (subject === undefined) return;
        const executed = needsTrust !== undefined && subject.kind === 'runs' ? subject.runs : [];
        for (const directory of executed) if (!(await trainer.mayRun(directory, needsTrust!))) return;
        panels.of(id).open(subject);
      }),
    ),
    registerForRun('openConfig', 'Open Config', () => true, openConfig),
    registerForRun('openLog', 'Open Log', () => true, openLog),
    registerForRun(
      'stopRun',
      'Stop Run',
      ({ active }) => active,
      (directory) => trainer.stop(directory),
    ),
    registerForRun(
      'resumeRun',
      'Resume Run',
      ({ resumable }) => resumable,
      async (directory) => {
        if (await trainer.resume(directory)) show(directory);
      },
    ),
    registerForRun(
      'trainAgain',
      'Train Again',
      ({ idle }) => idle,
      (directory) => configCommands.trainAgain(directory),
    ),
    registerForRun(
      'evaluateRun',
      'Evaluate Run',
      ({ evaluable }) => evaluable,
      async (directory) => {
        if (await trainer.evaluate(directory)) show(directory);
      },
    ),
    registerForRun(
      'refitRun',
      'Refit Run',
      ({ refittable }) => refittable,
      (directory) => trainer.refit(directory, show),
    ),
    registerForRun(
      'deleteRun',
      'Delete Run',
      ({ idle }) => idle,
      async (directory) => {
        if (await deleteRun(directory, titleOf(runs, directory))) await runs.refreshRun(directory);
      },
    ),
  );
}

function titleOf(runs: RunCatalog, directory: string): string {
  const run = runs.get(directory);
  return run ? runs.titleOf(run) : path.basename(directory);
}

/** A keybinding may name the runtime, or anything. */
function asGpuRuntime(argument: unknown): GpuRuntime | undefined {
  return GPU_RUNTIMES.find((runtime) => runtime === argument);
}
