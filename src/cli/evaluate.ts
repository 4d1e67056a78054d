import { evaluateRun } from '../process/trainer';
import type { CliOptions } from './cliOptions';
import { nextSeq, watchRun } from './watchRun';
import { findRun, trainerOptions } from './workspace';

/** `recsight evaluate <run>`: measures the best checkpoint of an ended run on test. */
export async function evaluate(name: string, options: CliOptions): Promise<number> {
  const run = await findRun(name, options.runs);
  const fromSeq = await nextSeq(run);
  const before = (await run.readManifest()).test?.evaluatedAt;
  await evaluateRun(await trainerOptions(), run);
  await watchRun(run, { json: options.json ?? false, wanted: [], fromSeq });
  // The run's status tells of its training; whether this evaluation was done shows in its result.
  return (await run.readManifest()).test?.evaluatedAt === before ? 1 : 0;
}
