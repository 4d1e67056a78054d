import { evaluateRun } from '../process/resumeRun';
import type { StartHooks } from '../process/trainerOptions';
import { agreeToCode } from './agreeToCode';
import type { CliOptions } from './cliOptions';
import { followTrainer } from './followTrainer';
import { nextSeq } from './watchRun';
import { findRun, trainerOptions } from './workspace';

/** `recsight evaluate <run>`: measures the best checkpoint of an ended run on test. */
export async function evaluate(name: string, options: CliOptions): Promise<number> {
  const run = await findRun(name, options.runs);
  await agreeToCode(run, options);
  const fromSeq = await nextSeq(run);
  const before = (await run.readManifest()).test?.evaluatedAt;
  const start = async (hooks: StartHooks) => {
    await evaluateRun({ ...(await trainerOptions()), ...hooks, overrides: options.set ?? [] }, run);
    return run;
  };
  const code = await followTrainer(start, options, { wanted: [], fromSeq });
  if (code !== 1) return code;
  // The run's status tells of its training; whether this evaluation was done shows in its result.
  return (await run.readManifest()).test?.evaluatedAt === before ? 1 : 0;
}
