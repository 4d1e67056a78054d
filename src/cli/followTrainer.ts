import type { StartHooks } from '../process/trainerOptions';
import type { RunStatus } from '../protocol/run';
import type { RunDirectory } from '../runs/runDirectory';
import type { CliOptions } from './cliOptions';
import { Following } from './following';
import { output, printJson } from './terminal';
import { watchRun } from './watchRun';

export interface FollowOptions {
  /** Statuses that mean that the work was done. */
  wanted: readonly RunStatus[];
  /** Skip what the log holds already: the history of a run that is taken up again. */
  fromSeq: number;
}

/** Starts a trainer and shows its run until it ends, or leaves it to itself with `--detach`. Resolves with the exit code. */
export async function followTrainer(
  start: (hooks: StartHooks) => Promise<RunDirectory>,
  { json, detach }: CliOptions,
  { wanted, fromSeq }: FollowOptions,
): Promise<number> {
  const following = new Following();
  try {
    const run = await start({ onStarted: following.onStarted, signal: following.signal });
    if (detach === true && following.exitCode === null) {
      if (json === true) printJson({ run: run.id, directory: run.path, detached: true });
      else output.print(`Started run ${run.id}: ${run.path}\n\`recsight stop ${run.id}\` stops it.\n`);
      return 0;
    }
    const isDone = await watchRun(run, { json: json ?? false, wanted, fromSeq });
    return isDone ? 0 : (following.exitCode ?? 1);
  } finally {
    following.close();
  }
}
