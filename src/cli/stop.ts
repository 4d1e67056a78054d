import { stopRun } from '../process/trainer';
import { isActive } from '../protocol/run';
import { readRun } from '../runs/runStore';
import type { CliOptions } from './cliOptions';
import { findRun } from './workspace';

/** `recsight stop <run>`: asks its trainer to save a checkpoint and end, and waits for it. */
export async function stop(name: string, options: CliOptions): Promise<number> {
  const run = await findRun(name, options.runs);
  const before = await readRun(run.path);
  if (!isActive(before.status)) {
    process.stderr.write(`Run ${run.id} is not running: it is ${before.status}.\n`);
    return 1;
  }
  const status = await stopRun(run);
  process.stdout.write(`Run ${run.id}: ${status}.\n`);
  return isActive(status) ? 1 : 0;
}
