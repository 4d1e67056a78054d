import { evaluateRun } from '../process/trainer';
import type { CliOptions } from './cliOptions';
import { nextSeq, watchRun } from './watchRun';
import { findRun, trainerOptions } from './workspace';

/** `recsight evaluate <run>`: measures the best checkpoint of an ended run on test. */
export async function evaluate(name: string, options: CliOptions): Promise<number> {
  const run = await findRun(name, options.runs);
  const fromSeq = await nextSeq(run);
  await evaluateRun(await trainerOptions(), run);
  return watchRun(run, { json: options.json ?? false, wanted: ['finished', 'stopped'], fromSeq });
}
