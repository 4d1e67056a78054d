import path from 'node:path';
import * as vscode from 'vscode';
import { evaluateRun, resumeRun } from '../process/resumeRun';
import { refitRun } from '../process/refitRun';
import { startTraining } from '../process/startTraining';
import { stopRun } from '../process/stopRun';
import type { TrainerOptions, TrainerProgram } from '../process/trainerOptions';
import { findNode } from '../process/nodeRuntime';
import { RunDirectory, runsDirectoryOf } from '../runs/runDirectory';
import { workspaceFolderFor } from '../runs/workspaceRuns';
import { mayRunCode } from './codeConsent';
import type { RunCatalog } from './runCatalog';

/** Something was asked for that cannot be done now; the message says what to do instead. */
export class TrainerServiceError extends Error {
  override readonly name = 'TrainerServiceError';

  constructor(
    readonly code: 'trust/needed' | 'workspace/no-folder' | 'debug/not-started',
    message: string,
  ) {
    super(message);
  }
}

/** Why something needs a trusted workspace. */
export function trustNeeded(what: string): string {
  return `${what} starts a process and reads the files named in a config, so it needs a trusted workspace.`;
}

/** @throws TrainerServiceError in a workspace that is not trusted */
export function requireTrust(what: string): void {
  if (!vscode.workspace.isTrusted) throw new TrainerServiceError('trust/needed', trustNeeded(what));
}

/** Starts and stops trainer processes with the window's settings, and has the list of runs look at what came of it. */
export class TrainerService {
  /** Directories of runs that are being stopped here. */
  readonly #stopping = new Set<string>();

  constructor(
    private readonly trainerPath: string,
    /** Folder in which optional compute engines are installed. */
    private readonly runtimePath: string,
    private readonly runs: RunCatalog,
    private readonly log: vscode.LogOutputChannel,
  ) {}

  /**
   * Trains what a config file describes. Resolves as soon as its trainer lives.
   * @param debug under VS Code's debugger
   * @param onStarted hears the run's directory before: its panel can be opened while the trainer starts
   */
  async train(config: vscode.Uri, onStarted: (directory: string) => void, debug = false): Promise<void> {
    const folder = vscode.workspace.getWorkspaceFolder(config);
    if (!folder) {
      throw new TrainerServiceError(
        'workspace/no-folder',
        `${path.basename(config.fsPath)} is not in a folder of this window. Runs are stored beside their configs; open the folder that contains it.`,
      );
    }
    const options = await this.options(config);
    const workspaceFolder = workspaceFolderFor(path.dirname(config.fsPath), folder.uri.fsPath);
    const runsDirectory = runsDirectoryOf(workspaceFolder);
    const run = await startTraining({
      ...options,
      configPath: config.fsPath,
      workspaceFolder,
      runsDirectory,
      ...(debug && { launch: (program: TrainerProgram) => debugTrainer(folder, config, program) }),
      onStarted: ({ path: directory }) => {
        this.log.info(`Training ${config.fsPath} with ${options.node.path} as ${directory}`);
        this.runs.follow(runsDirectory, folder);
        void this.runs.refreshRun(directory).then(() => onStarted(directory));
      },
    });
    await this.runs.refreshRun(run.path);
  }

  /**
   * Whether the code that a run brings along may be run, which the user may be asked.
   * @param what is to be done with it, as the beginning of a sentence
   * @throws TrainerServiceError in a workspace that is not trusted
   */
  mayRun(directory: string, what: string): Promise<boolean> {
    requireTrust(what);
    const run = this.runs.get(directory);
    return mayRunCode(directory, run ? this.runs.titleOf(run) : path.basename(directory), what);
  }

  /** Resolves with whether it was done: what the user does not want to run is left as it is. */
  async resume(directory: string): Promise<boolean> {
    if (!(await this.mayRun(directory, 'Resuming'))) return false;
    await resumeRun(await this.options(vscode.Uri.file(directory)), new RunDirectory(directory));
    this.log.info(`Resumed ${directory}`);
    await this.runs.refreshRun(directory);
    return true;
  }

  /** Evaluates the best checkpoint on test, as `resume` does; the result arrives in the run's manifest. */
  async evaluate(directory: string): Promise<boolean> {
    if (!(await this.mayRun(directory, 'Evaluating'))) return false;
    await evaluateRun(await this.options(vscode.Uri.file(directory)), new RunDirectory(directory));
    this.log.info(`Evaluating ${directory}`);
    await this.runs.refreshRun(directory);
    return true;
  }

  /**
   * Trains the chosen epochs of a run again, on training and validation together, as a run of its own.
   * @param onStarted hears its directory
   */
  async refit(directory: string, onStarted: (directory: string) => void): Promise<void> {
    if (!(await this.mayRun(directory, 'Refitting'))) return;
    const run = await refitRun(
      {
        ...(await this.options(vscode.Uri.file(directory))),
        onStarted: ({ path: refitted }) => {
          this.log.info(`Refitting ${directory} as ${refitted}`);
          void this.runs.refreshRun(refitted).then(() => onStarted(refitted));
        },
      },
      new RunDirectory(directory),
    );
    await this.runs.refreshRun(run.path);
  }

  /** Resolves when the trainer has ended. */
  async stop(directory: string): Promise<void> {
    this.#stopping.add(directory);
    try {
      const status = await stopRun(new RunDirectory(directory));
      this.log.info(`Stopped ${directory}: ${status}`);
      await this.runs.refreshRun(directory);
    } finally {
      this.#stopping.delete(directory);
    }
  }

  /** Whether the user of this window stops the run, and so knows of its end: until the list of runs has it, too. */
  isStopping(directory: string): boolean {
    return this.#stopping.has(directory);
  }

  /**
   * How trainer processes are started in this window.
   * @throws TrainerServiceError in a workspace that is not trusted, NodeRuntimeError where the setting names no Node.js
   */
  async options(scope?: vscode.Uri): Promise<TrainerOptions> {
    requireTrust('Training');
    const settings = vscode.workspace.getConfiguration('recsight', scope);
    const nodePath = settings.get<string>('nodePath')?.trim();
    const ownRuntime = settings.get<string>('runtimePath')?.trim();
    return {
      node: await findNode(nodePath === '' ? undefined : nodePath),
      trainerPath: this.trainerPath,
      runtimePath: [ownRuntime, this.runtimePath].filter(Boolean).join(path.delimiter),
      backend: settings.get<string>('backend', 'auto'),
    };
  }
}

/** Starts a trainer under the JavaScript debugger, which finds breakpoints in model files by the source maps that they run with. */
async function debugTrainer(
  folder: vscode.WorkspaceFolder,
  config: vscode.Uri,
  { node, trainerPath, args, cwd, env }: TrainerProgram,
): Promise<void> {
  const started = await vscode.debug.startDebugging(folder, {
    type: 'node',
    request: 'launch',
    name: `RecSight: ${path.basename(config.fsPath)}`,
    runtimeExecutable: node,
    program: trainerPath,
    args: [...args],
    cwd,
    env,
    console: 'internalConsole',
    outputCapture: 'std',
    internalConsoleOptions: 'neverOpen',
    // Those of the run's code are written into it; ours are not the user's to step into.
    sourceMaps: true,
    resolveSourceMapLocations: null,
    skipFiles: ['<node_internals>/**', `${path.dirname(trainerPath)}/**`, '**/node_modules/**'],
  });
  if (!started)
    throw new TrainerServiceError(
      'debug/not-started',
      'The debugger did not start. Check that VS Code’s built-in extension JavaScript Debugger is enabled.',
    );
}
