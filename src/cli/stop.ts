import { stopRun } from '../process/stopRun';
import { isActive } from '../protocol/run';
import { statusLabel } from '../protocol/statusDisplay';
import { readRun } from '../runs/runStore';
import type { CliOptions } from './cliOptions';
import { output, printJson } from './terminal';
import { findRun } from './workspace';

class NotRunningError extends Error {
  readonly code = 'run/not-running';
}

/** `recsight stop <run>`: asks its trainer to save a checkpoint and end, and waits for it. */
export async function stop(name: string, options: CliOptions): Promise<number> {
  const run = await findRun(name, options.runs);
  const before = await readRun(run.path);
  if (!isActive(before.status)) {
    throw new NotRunningError(`Run ${run.id} is not running: it is ${statusLabel(before.status)}.`);
  }
  const status = await stopRun(run);
  if (options.json === true) printJson({ run: run.id, directory: run.path, status });
  else output.print(`Run ${run.id}: ${statusLabel(status)}.\n`);
  return isActive(status) ? 1 : 0;
}
