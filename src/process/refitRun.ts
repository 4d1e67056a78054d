import path from 'node:path';
import { changeConfig } from '../config/changeConfig';
import { configDigest } from '../config/configFile';
import { isTrained } from '../config/schema';
import { isActive } from '../protocol/run';
import { readKeptCode } from '../runs/keptCode';
import type { RunDirectory } from '../runs/runDirectory';
import { RunBusyError } from '../runs/runErrors';
import { readRun } from '../runs/runStore';
import { readLiveTrainer } from '../runs/trainerLock';
import { requireRunConsent } from '../userCode/consent';
import { declarationsOf } from '../userCode/runDeclarations';
import { readGitState } from './gitState';
import { readOwnVersion } from './ownVersion';
import { startNewRun } from './startNewRun';
import type { StartHooks, TrainerOptions } from './trainerOptions';

/** There is nothing that could be trained again on more data; the message says why, and what to do. */
export class RefitError extends Error {
  override readonly name = 'RefitError';
  readonly code = 'run/no-refit';
}

/**
 * Starts a run that trains the chosen number of epochs of another one again, on training and validation together. It has the config,
 * data, code and lists of candidates of the other, whatever has become of their files. Resolves when its trainer lives.
 * @throws RunBusyError while a trainer works on the other run, RefitError where it chose no epoch, RunReadError, and as `startNewRun`
 */
export async function refitRun(
  options: TrainerOptions & StartHooks,
  other: RunDirectory,
): Promise<RunDirectory> {
  await requireRunConsent(other);
  const { status, manifest } = await readRun(other.path);
  if (isActive(status)) throw new RunBusyError(other.id, await readLiveTrainer(other));
  const code = await readKeptCode(other.path);
  const stored = await other.readConfig();
  const { config } = changeConfig(stored, [], 'resume', await declarationsOf(code));
  const { best, dataset, refitOf, mainMetric } = manifest;
  const refuse = (reason: string): RefitError =>
    new RefitError(`Run ${other.id} cannot be refitted: ${reason}`);
  if (!isTrained(config))
    throw refuse('it is a baseline, which is fitted to training and validation already.');
  if (config.training.refit !== undefined)
    throw refuse(`it is a refit itself${refitOf === undefined ? '' : `, of ${refitOf.run}`}.`);
  if (best === null || dataset === null)
    throw refuse('none of its epochs was validated, so none was chosen. Train it for at least one epoch.');

  const { training } = config;
  const refitted = {
    ...config,
    training: {
      ...training,
      epochs: best.epoch,
      earlyStopping: { ...training.earlyStopping, patience: null },
      refit: { plannedEpochs: training.epochs },
    },
  };
  const configPath = other.resolveConfigPath(manifest);
  return startNewRun(options, path.dirname(other.path), {
    name: manifest.name,
    model: manifest.model,
    configPath,
    config: refitted,
    configDigest: configDigest(refitted),
    seed: config.seed,
    mainMetric,
    epochs: best.epoch,
    git: await readGitState(path.dirname(configPath)),
    ...(code !== null && { code }),
    versions: { recsight: await readOwnVersion(options.trainerPath), node: options.node.version },
    refitOf: {
      run: other.id,
      epochs: best.epoch,
      ...(status !== 'finished' && { unfinished: true as const }),
    },
    dataset,
    candidatesOf: other.candidatesPath,
  });
}
