import { errorText } from '../protocol/errorText';
import { recordEnd } from '../runs/recordEnd';
import { createRun, type NewRun, type RunDirectory } from '../runs/runDirectory';
import { startTrainer } from './startTrainer';
import type { StartHooks, TrainerOptions } from './trainerOptions';

/**
 * Makes a run and starts its trainer. Resolves as soon as the trainer lives (or has already ended). Throws RunWriteError, and
 * TrainerStartError, after which the run stays, as failed.
 */
export async function startNewRun(
  options: TrainerOptions & StartHooks,
  runsDirectory: string,
  described: NewRun,
): Promise<RunDirectory> {
  const run = await createRun(runsDirectory, described);
  try {
    await startTrainer(options, 'train', run, null);
  } catch (error) {
    // It would be shown as lost, which says less.
    await recordEnd(run, {
      status: 'failed',
      error: { code: 'trainer/start-failed', message: errorText(error) },
    });
    throw error;
  }
  return run;
}
