import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { DatasetConfig } from '../config/schema';
import { CACHE_VERSION } from './datasetCache';
import type { OpenedSource } from './openSource';
import type { PreparedDataset } from './preparedDataset';

/**
 * SHA-256 (hex) of everything that decides a prepared dataset: the content of the files in order, how they are read,
 * filters, split, seed and format version. Names and dates of files do not count, so a copy on another machine has the
 * same fingerprint. Null for a query that names no file between quotes: nobody can tell whether its result has changed.
 */
export async function sourceFingerprint(
  config: DatasetConfig,
  source: OpenedSource,
  seed: number,
): Promise<string | null> {
  if (source.files.length === 0) return null;
  const { interactions, titles } = source;
  const hash = createHash('sha256').update(
    JSON.stringify({
      version: CACHE_VERSION,
      read:
        interactions.kind === 'query'
          ? interactions.query
          : interactions.files.map(({ layout, columns }) => [layout, columns]),
      columns: config.columns,
      titles: titles && [titles.layout, config.items?.id, config.items?.title],
      filters: [config.minRating, config.duplicates, config.minUserInteractions, config.minItemInteractions],
      split: config.split,
      seed,
    }),
  );
  for (const path of [...source.files, ...(titles ? [titles.path] : [])]) hash.update(await fileDigest(path));
  return hash.digest('hex');
}

/** For datasets whose source has no fingerprint: SHA-256 (hex) of the prepared content itself. */
export function contentFingerprint(dataset: Omit<PreparedDataset, 'fingerprint'>): string {
  const { offsets, items, times, trainEnd, validationEnd, userIds, itemIds, itemTitles } = dataset;
  const hash = createHash('sha256');
  for (const numbers of [offsets, items, times, trainEnd, validationEnd]) {
    if (numbers) hash.update(new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength));
  }
  hash.update(JSON.stringify([userIds, itemIds, itemTitles]));
  return hash.digest('hex');
}

async function fileDigest(path: string): Promise<Buffer> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 }))
    hash.update(chunk as Buffer);
  return hash.digest();
}
