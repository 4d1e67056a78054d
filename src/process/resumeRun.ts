import { changeConfig } from '../config/changeConfig';
import { ConfigError } from '../config/configFile';
import { isActive, type RunManifest } from '../protocol/run';
import type { RunDirectory } from '../runs/runDirectory';
import { RunBusyError } from '../runs/runErrors';
import { readRun } from '../runs/runStore';
import { readLiveTrainer } from '../runs/trainerLock';
import { requireRunConsent } from '../userCode/consent';
import { readOwnCodeOf } from '../userCode/runDeclarations';
import { startTrainer } from './startTrainer';
import type { LaterOptions } from './trainerOptions';

/**
 * Continues a run that was stopped, failed or lost, from its last checkpoint. Resolves when the trainer lives.
 * Throws RunBusyError when one works on the run already, RunReadError, and TrainerStartError.
 */
export async function resumeRun(options: LaterOptions, run: RunDirectory): Promise<void> {
  const before = await readIdle(run);
  const overrides = options.overrides ?? [];
  if (overrides.length > 0) {
    const { training } = changeConfig(
      await run.readConfig(),
      overrides,
      'resume',
      await readOwnCodeOf(run),
    ).config;
    if (training.epochs < before.progress.epoch)
      throw new ConfigError(
        'config/fixed',
        `\`training.epochs\` is ${training.epochs}, and ${before.progress.epoch} epochs of this run are done. Set it to at least that.`,
      );
  }
  await startTrainer(options, 'resume', run, before);
}

/**
 * Measures the best checkpoint of an ended run on test. Resolves when the trainer lives; the result arrives in the
 * manifest's `test`. Throws like `resumeRun`.
 */
export async function evaluateRun(options: LaterOptions, run: RunDirectory): Promise<void> {
  const before = await readIdle(run);
  const overrides = options.overrides ?? [];
  if (overrides.length > 0)
    changeConfig(await run.readConfig(), overrides, 'evaluate', await readOwnCodeOf(run));
  await startTrainer(options, 'evaluate', run, before);
}

async function readIdle(run: RunDirectory): Promise<RunManifest> {
  await requireRunConsent(run);
  const { status, manifest } = await readRun(run.path);
  if (isActive(status)) {
    const trainer = await readLiveTrainer(run);
    throw new RunBusyError(run.id, trainer);
  }
  return manifest;
}
