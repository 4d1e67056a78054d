import path from 'node:path';
import { configDigest, loadConfig } from '../config/configFile';
import { isTrained } from '../config/schema';
import { errorText } from '../protocol/errorText';
import { recordEnd } from '../runs/recordEnd';
import { createRun, type RunDirectory } from '../runs/runDirectory';
import { readGitState } from './gitState';
import { readOwnVersion } from './ownVersion';
import { startTrainer } from './startTrainer';
import type { StartHooks, TrainerOptions } from './trainerOptions';

/**
 * Trains what a config file describes, in a process of its own that outlives this one. Resolves with the run as soon
 * as its trainer lives (or has already ended). Throws ConfigError, RunWriteError, and TrainerStartError, after which
 * the run stays, as failed.
 */
export async function startTraining(
  options: TrainerOptions &
    StartHooks & { configPath: string; runsDirectory: string; overrides?: readonly string[] },
): Promise<RunDirectory> {
  const configPath = path.resolve(options.configPath);
  const config = await loadConfig(configPath, options.overrides);
  const run = await createRun(options.runsDirectory, {
    name: config.name,
    model: config.model.type,
    configPath,
    config,
    configDigest: configDigest(config),
    seed: config.seed,
    mainMetric: config.training.earlyStopping.metric,
    // Baselines are fitted at once: none of their epochs will ever come.
    epochs: isTrained(config) ? config.training.epochs : 0,
    git: await readGitState(path.dirname(configPath)),
    versions: { recsight: await readOwnVersion(options.trainerPath), node: options.node.version },
  });
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
