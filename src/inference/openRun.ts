import { withLaterOptions } from '../config/laterOptions';
import { historyLimit } from '../model/models';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { ownFilesOf } from '../config/ownFiles';
import { configSchema, configSchemaWith, type ExperimentConfig } from '../config/schema';
import { DatasetError } from '../dataset/datasetError';
import {
  currentFingerprint,
  prepareDataset,
  readKeptDataset,
  type PreparedResult,
  type PrepareOptions,
} from '../dataset/prepareDataset';
import { DEFAULT_SEED } from '../protocol/defaultSeed';
import type { RunManifest } from '../protocol/run';
import { readOwnCodeOf } from '../userCode/runDeclarations';
import { cacheDirectoryOf, type RunDirectory } from '../runs/runDirectory';
import { InferenceError } from './inferenceError';

/*
 * What every process needs that works on a run that there is: its config, its data as they were, and where engines are.
 */

/** The resolved config that the run was started with. @throws InferenceError when this version cannot use it */
export async function readConfig(run: RunDirectory): Promise<ExperimentConfig> {
  const stored = await run.readConfig();
  const schema = ownFilesOf(stored).length === 0 ? configSchema : configSchemaWith(await readOwnCodeOf(run));
  const { data, error } = schema.safeParse(withLaterOptions(stored));
  if (data !== undefined) return data;
  const [issue] = error.issues;
  throw new InferenceError(
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
    warn(`The setting \`recsight.backend\` (RECSIGHT_BACKEND) is ${preferred}; expected one of ${names}.`);
  }
  return known ?? 'auto';
}

/** The data of a run. */
export interface RunData extends PreparedResult {
  /**
   * Looks at the source, which may take longer than all the rest: what to tell people where it is not what it was when the run
   * was started; null where it is, or cannot be compared.
   */
  checkSource: () => Promise<string | null>;
}

/**
 * The data of a run, as they were when it was started: those that are kept under its fingerprint, whatever has become of their
 * source. Where none are kept they are prepared again, and must be the same.
 * Aborting the signal gives the work up and throws its reason.
 * @throws InferenceError when they are neither kept nor the same any more; DatasetError
 */
export async function prepareUnchanged(
  run: RunDirectory,
  manifest: RunManifest,
  config: ExperimentConfig,
  signal?: AbortSignal,
): Promise<RunData> {
  const options = {
    baseDirectory: path.dirname(run.resolveConfigPath(manifest)),
    cacheDirectory: cacheDirectoryOf(path.dirname(run.path)),
    // Of the data, not of the run: seeds of one config are tested on the same held-out items.
    seed: DEFAULT_SEED,
    historyLimit: historyLimit(config.model),
    forRun: true,
    signal,
  };
  const unchanged = () => Promise.resolve(null);
  if (manifest.dataset === null)
    return { ...(await prepareDataset(config.dataset, options)), checkSource: unchanged };
  const { fingerprint } = manifest.dataset;
  const kept = await readKeptDataset(fingerprint, options);
  if (kept !== null) {
    return { ...kept, checkSource: () => sourceNotice(config, options, fingerprint) };
  }
  const notKept = `no prepared copy of the run's data is left in ${options.cacheDirectory}`;
  let prepared: PreparedResult;
  try {
    prepared = await prepareDataset(config.dataset, options);
  } catch (error) {
    if (!(error instanceof DatasetError)) throw error;
    throw new DatasetError(error.code, `${error.message} And ${notKept}.`);
  }
  if (prepared.dataset.fingerprint !== fingerprint) {
    const started = manifest.refitOf === undefined ? 'this run' : manifest.refitOf.run;
    throw new InferenceError(
      'dataset/changed',
      `The data changed since ${started} was started, and ${notKept}: its results would no longer be comparable. ` +
        'Restore the data files, or start a new run.',
    );
  }
  return { ...prepared, checkSource: unchanged };
}

/** Says when the source of a run's data has changed or cannot be read; the run does not need it. */
async function sourceNotice(
  config: ExperimentConfig,
  options: PrepareOptions,
  fingerprint: string,
): Promise<string | null> {
  const used = 'the copy prepared for the run is used';
  try {
    const now = await currentFingerprint(config.dataset, options);
    return now === null || now === fingerprint
      ? null
      : `The data files, or how RecSight reads them, have changed since this run was started: ${used}.`;
  } catch (error) {
    if (!(error instanceof DatasetError)) throw error;
    return `The data files of this run can no longer be read: ${used}. (${error.message})`;
  }
}
