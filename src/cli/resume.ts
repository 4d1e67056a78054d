import { resumeRun } from '../process/trainer';
import type { CliOptions } from './cliOptions';
import { nextSeq, watchRun } from './watchRun';
import { findRun, trainerOptions } from './workspace';

/** `recsight resume <run>`: goes on from the last checkpoint and shows the run until it ends. */
export async function resume(name: string, options: CliOptions): Promise<number> {
  const run = await findRun(name, options.runs);
  const fromSeq = await nextSeq(run);
  await resumeRun(await trainerOptions(), run);
  return watchRun(run, { json: options.json ?? false, wanted: ['finished'], fromSeq });
}
