import { resumeRun } from '../process/resumeRun';
import type { StartHooks } from '../process/trainerOptions';
import { agreeToCode } from './agreeToCode';
import type { CliOptions } from './cliOptions';
import { followTrainer } from './followTrainer';
import { nextSeq } from './watchRun';
import { findRun, trainerOptions } from './workspace';

/** `recsight resume <run>`: continues from the last checkpoint and shows the run until it ends. */
export async function resume(name: string, options: CliOptions): Promise<number> {
  const run = await findRun(name, options.runs);
  await agreeToCode(run, options);
  const fromSeq = await nextSeq(run);
  const start = async (hooks: StartHooks) => {
    await resumeRun({ ...(await trainerOptions()), ...hooks, overrides: options.set ?? [] }, run);
    return run;
  };
  return followTrainer(start, options, { wanted: ['finished'], fromSeq });
}
