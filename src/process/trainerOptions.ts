import type { RunDirectory } from '../runs/runDirectory';
import type { NodeRuntime } from './nodeRuntime';

export interface TrainerOptions {
  node: NodeRuntime;
  /** Absolute path of `dist/trainer.js`. */
  trainerPath: string;
  /** Folder in which the extension has installed optional engines; several, separated as in PATH, come in order. */
  runtimePath?: string;
  /** Compute backend to take where a config leaves the choice. */
  backend?: string;
}

/** The environment of a trainer: Node.js's, and what this machine has chosen about engines. */
export function trainerEnvironment({ node, runtimePath, backend }: TrainerOptions): NodeJS.ProcessEnv {
  return {
    ...node.env,
    ...(runtimePath !== undefined && { RECSIGHT_RUNTIME_PATH: runtimePath }),
    ...(backend !== undefined && { RECSIGHT_BACKEND: backend }),
  };
}

/** What whoever starts a trainer may want to hear and say. */
export interface StartHooks {
  /** Hears of the run as soon as there is a process for it, which may still fail to start. */
  onStarted?: (run: RunDirectory) => void;
  /** Ends a trainer that has not taken up its run yet. One that has is to be stopped with `stopRun`. */
  signal?: AbortSignal;
  /** Starts the process in the place of this one, such as under a debugger. Resolves when it has been started. */
  launch?: (program: TrainerProgram) => Promise<void>;
}

/** How the process of a trainer is started. */
export interface TrainerProgram {
  /** Absolute path of Node.js. */
  node: string;
  trainerPath: string;
  args: readonly string[];
  cwd: string;
  /** The whole environment. */
  env: NodeJS.ProcessEnv;
}

/** Of a trainer that takes up a run that there is. */
export type LaterOptions = TrainerOptions &
  StartHooks & {
    /** `path=value`, as of `--set`: what is changed in the run's config. The trainer notes it in the run. */
    overrides?: readonly string[];
  };
