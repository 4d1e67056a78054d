import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { configSchema, maxSequenceLengthOf, type ExperimentConfig } from '../config/schema';
import { prepareDataset, type PreparedResult } from '../dataset/prepareDataset';
import type { RunManifest } from '../protocol/run';
import { cacheDirectoryOf, type RunDirectory } from '../runs/runDirectory';
import { TrainingError } from './trainingError';

/*
 * What every process needs that works on a run that there is: its config, its data as they were, and where engines are.
 */

/** The resolved config that the run was started with. @throws TrainingError when this version cannot use it */
export async function readConfig(run: RunDirectory): Promise<ExperimentConfig> {
  const { data, error } = configSchema.safeParse(await run.readConfig());
  if (data !== undefined) return data;
  const [issue] = error.issues;
  throw new TrainingError(
    'config/invalid',
    `The run's config.json does not fit this version of RecSight: \`${issue?.path.join('.') ?? ''}\`: ${issue?.message ?? ''}. ` +
      'Start a new run from the config file.',
  );
}

/**
 * Where optional engines may be: in the folders that RECSIGHT_RUNTIME_PATH names (the user's own, and the one that the
 * extension installs into), and where this program itself is installed. Never where a run or a config lies: whoever made
 * that would have their code run.
 */
export function engineSearchPaths(): string[] {
  const named = (process.env.RECSIGHT_RUNTIME_PATH ?? '').split(path.delimiter);
  return [...named.filter((folder) => path.isAbsolute(folder)).flatMap(installedRuntimes), ...ownFolders()];
}

/** The folder of this package, and of the `node_modules` that it is in, when it was installed with npm. */
function ownFolders(): string[] {
  const own = path.dirname(__dirname);
  const parent = path.dirname(own);
  return path.basename(parent) === 'node_modules' ? [own, path.dirname(parent)] : [own];
}

/** A runtime folder itself and its folders, one for each runtime; what is still being installed ends in `.partial`. */
function installedRuntimes(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const runtimes = readdirSync(folder, { withFileTypes: true })
    .filter(
      (entry) => entry.isDirectory() && entry.name !== 'node_modules' && !entry.name.endsWith('.partial'),
    )
    .map(({ name }) => path.join(folder, name));
  return [folder, ...runtimes];
}

/** What a config says goes; where it leaves the choice, this machine's own setting comes in. */
export function chosenBackend(
  { backend }: ExperimentConfig,
  warn: (message: string) => void,
): ExperimentConfig['backend'] {
  const { RECSIGHT_BACKEND: preferred } = process.env;
  if (backend !== 'auto' || preferred === undefined || preferred === '') return backend;
  const { data: known } = configSchema.shape.backend.safeParse(preferred);
  if (known === undefined) {
    const names = configSchema.shape.backend.unwrap().options.join(', ');
    warn(`The setting \`recsight.backend\` (RECSIGHT_BACKEND) is ${preferred}, which is none of ${names}.`);
  }
  return known ?? 'auto';
}

/** Prepares the data of a run. @throws TrainingError when they are not those that it was started with */
export async function prepareUnchanged(
  run: RunDirectory,
  manifest: RunManifest,
  config: ExperimentConfig,
): Promise<PreparedResult> {
  const prepared = await prepareDataset(config.dataset, {
    baseDirectory: path.dirname(run.resolveConfigPath(manifest)),
    cacheDirectory: cacheDirectoryOf(path.dirname(run.path)),
    seed: config.seed,
    maxSequenceLength: maxSequenceLengthOf(config.model),
  });
  if (manifest.dataset !== null && manifest.dataset.fingerprint !== prepared.dataset.fingerprint) {
    throw new TrainingError(
      'dataset/changed',
      'The data changed since this run was started, so its numbers would no longer belong together. ' +
        'Restore the data files, or start a new run.',
    );
  }
  return prepared;
}
