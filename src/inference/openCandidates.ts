import { createHash } from 'node:crypto';
import path from 'node:path';
import type { ExperimentConfig } from '../config/schema';
import { DatasetError } from '../dataset/datasetError';
import type { PreparedDataset } from '../dataset/preparedDataset';
import { hashOfLists, readCandidates } from '../dataset/readCandidates';
import type { CandidateLists } from '../protocol/candidateLists';
import type { RunManifest } from '../protocol/run';
import { damagedCandidates, readKeptCandidates, writeKeptCandidates } from '../runs/candidateFile';
import { cacheDirectoryOf, type RunDirectory } from '../runs/runDirectory';

/**
 * The lists that the config of a run ranks users among; null where it names no file of them. The run keeps what it read first: by the
 * same config it is measured on the same candidates, whatever has become of the file.
 * @param beforeKeeping see `writeFileAtomically`
 * @returns with what people should know
 * @throws DatasetError where none are kept and the file cannot be used, RunReadError where the kept ones are damaged, RunWriteError
 */
export async function openCandidates(
  run: RunDirectory,
  manifest: RunManifest,
  config: ExperimentConfig,
  dataset: PreparedDataset,
  { signal, beforeKeeping }: { signal?: AbortSignal; beforeKeeping?: () => void } = {},
): Promise<{ lists: CandidateLists; warnings: string[] } | null> {
  const { candidates } = config.evaluation;
  if (candidates.type !== 'file') return null;
  const name = createHash('sha256').update(JSON.stringify(candidates)).digest('hex').slice(0, 16);
  const read = () =>
    readCandidates(candidates, config.dataset, dataset, {
      baseDirectory: path.dirname(run.resolveConfigPath(manifest)),
      cacheDirectory: cacheDirectoryOf(path.dirname(run.path)),
      signal,
    });
  const kept = await readKeptCandidates(run.candidatesPath, name);
  if (kept === null) {
    const found = await read();
    await writeKeptCandidates(run.candidatesPath, name, found.lists, beforeKeeping);
    return found;
  }
  const isOfData =
    kept.offsets.length === dataset.numUsers + 1 &&
    kept.items.every((item) => item <= dataset.numItems) &&
    hashOfLists(kept, dataset) === kept.hash;
  if (!isOfData) throw damagedCandidates(run.candidatesPath, name, 'they are not of the data of the run');
  return { lists: kept, warnings: await changesOf(kept, read) };
}

/** Says when the file has changed or cannot be read; the run does not need it. */
async function changesOf(
  { file, hash }: CandidateLists,
  read: () => Promise<{ lists: CandidateLists }>,
): Promise<string[]> {
  const used = 'the lists that the run keeps are used';
  try {
    const { lists } = await read();
    return lists.hash === hash
      ? []
      : [
          `The candidates in \`${file}\` have changed since the run read them: ${used}. Save other lists in a file of another name to evaluate by them.`,
        ];
  } catch (error) {
    if (!(error instanceof DatasetError)) throw error;
    return [`The file of the candidates can no longer be read: ${used}. (${error.message})`];
  }
}
