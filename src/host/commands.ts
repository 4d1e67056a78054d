import path from 'node:path';
import * as vscode from 'vscode';
import { GPU_RUNTIMES, type GpuRuntime } from '../process/gpuRuntime';
import type { InspectionView } from '../protocol/inspectionPanel';
import { RunReadError } from '../runs/runErrors';
import type { ComputeBackends } from './computeBackends';
import type { ConfigCatalog } from './configCatalog';
import { ConfigCommands } from './configCommands';
import type { ConfigDiagnostics } from './configDiagnostics';
import type { InspectionPanels } from './inspectionPanels';
import type { LivePanels } from './livePanel';
import { showInformation } from './messages';
import { createConfig } from './newConfig';
import { pickRun } from './pickers';
import { reportError } from './reportError';
import { runAbilities, type RunAbilities } from '../protocol/runAbilities';
import type { RunCatalog } from './runCatalog';
import { deleteRun, openConfig, openLog } from './runFiles';
import type { RunNode, RunTree } from './runTree';
import type { TrainerService } from './trainerService';

/** What the commands work with. */
export interface CommandContext {
  backends: ComputeBackends;
  configs: ConfigCatalog;
  diagnostics: ConfigDiagnostics;
  inspection: InspectionPanels;
  panels: LivePanels;
  runs: RunCatalog;
  trainer: TrainerService;
  tree: RunTree;
  log: vscode.LogOutputChannel;
}

/** A command's argument: a tree row, a directory from a link or lens, a key pressed in the tree, or nothing. */
type RunArgument = RunNode | string | { kind: 'selection' } | undefined;

/** Registers the commands of the manifest. None of them lets an error escape: all are reported to the user. */
export function registerCommands(context: CommandContext): vscode.Disposable {
  const { backends, inspection, panels, runs, trainer, log } = context;
  const register = (name: string, run: (argument: never) => Promise<void>) =>
    vscode.commands.registerCommand(`recsight.${name}`, async (argument: never) => {
      try {
        await run(argument);
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
    register(name, async (argument: RunArgument) => {
      const directory = await chooseRun(context, argument, title, isSuitable);
      if (directory !== undefined) await act(directory);
    });
  const registerView = (name: string, title: string, view: InspectionView) =>
    registerForRun(
      name,
      title,
      ({ inspectable }) => inspectable,
      (directory) => {
        inspection.open(view, directory);
        return Promise.resolve();
      },
    );
  const show = (directory: string, preserveFocus = false) => {
    panels.open(directory, titleOf(runs, directory), preserveFocus);
  };
  const configCommands = new ConfigCommands({ ...context, show });

  return vscode.Disposable.from(
    register('train', (uri: vscode.Uri | undefined) => configCommands.train(uri)),
    register('validateConfig', (uri: vscode.Uri | undefined) => configCommands.validate(uri)),
    register('newConfig', () => createConfig()),
    register('refreshRuns', () => runs.refresh()),
    register('showBackends', () => backends.show()),
    register('installGpuRuntime', (runtime: unknown) => backends.install(asGpuRuntime(runtime))),
    registerForRun(
      'openRun',
      'Open Run',
      () => true,
      (directory) => {
        show(directory);
        return Promise.resolve();
      },
    ),
    registerView('showProjection', 'Show Embedding Projection', 'projection'),
    registerView('showAttention', 'Show Attention', 'attention'),
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
        await trainer.resume(directory);
        show(directory);
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
        await trainer.evaluate(directory);
        show(directory);
      },
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

async function chooseRun(
  { inspection, panels, runs, tree }: CommandContext,
  argument: RunArgument,
  title: string,
  isSuitable: (abilities: RunAbilities) => boolean,
): Promise<string | undefined> {
  await runs.loaded;
  const named = argument && directoryIn(argument);
  if (named !== undefined) return knownRun(runs, named);
  const suitable = runs.runs.filter((run) => isSuitable(runAbilities(run)));
  const inView = argument ? tree.selectedRun : (panels.activeRun ?? inspection.activeRun);
  if (suitable.some((run) => run.directory === inView)) return inView;
  if (argument) return undefined;
  if (suitable.length === 0) {
    void showInformation(`${title}: there is no run that allows this now.`);
    return undefined;
  }
  return pickRun(suitable, title, runs);
}

/** The directory that an argument names. Commands can be called by anybody, with anything. */
function directoryIn(argument: Exclude<RunArgument, undefined>): string | undefined {
  const directory: unknown =
    typeof argument === 'string' ? argument : argument.kind === 'run' ? argument.directory : undefined;
  return typeof directory === 'string' ? directory : undefined;
}

/** A run of this window, by its directory. @throws RunReadError for any other folder */
async function knownRun(runs: RunCatalog, named: string): Promise<string> {
  const directory = path.resolve(named);
  // It may have been made just now.
  if (runs.get(directory) === undefined) await runs.refreshRun(directory);
  if (runs.get(directory) === undefined) {
    throw new RunReadError('run/missing', `${directory} is not a run of this window.`);
  }
  return directory;
}

function titleOf(runs: RunCatalog, directory: string): string {
  const run = runs.get(directory);
  return run ? runs.titleOf(run) : path.basename(directory);
}

/** A keybinding may name the runtime, or anything. */
function asGpuRuntime(argument: unknown): GpuRuntime | undefined {
  return GPU_RUNTIMES.find((runtime) => runtime === argument);
}
