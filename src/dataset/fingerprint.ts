import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { relative } from 'node:path';
import type { DatasetConfig } from '../config/schema';
import { numbersOf } from './datasetCache';
import { filesOf, type OpenedSource } from './openSource';
import type { PreparedDataset } from './preparedDataset';

/** Raised by whatever makes another dataset of the same files. Datasets of earlier versions stay readable for their runs. */
export const READING_VERSION = 5;

/**
 * SHA-256 (hex) of everything that decides a prepared dataset: the content of the files in order, how they are read,
 * filters, split, seed and format version. Names and dates of files do not count, so a copy on another machine has the
 * same fingerprint; those of a query do count, because it may read them. Null for a query whose files do not decide its result.
 */
export async function sourceFingerprint(
  config: DatasetConfig,
  source: OpenedSource,
  { seed, baseDirectory, signal }: { seed: number; baseDirectory: string; signal?: AbortSignal | undefined },
): Promise<string | null> {
  const { interactions, items, users } = source;
  const opened = [interactions, items, users].filter((rows) => rows !== null);
  if (
    opened.some(({ files, source: rows }) => files.length === 0 || (rows.kind === 'query' && rows.unstable))
  )
    return null;
  const hash = createHash('sha256').update(
    JSON.stringify({
      version: READING_VERSION,
      read: opened.map(({ source: rows, files }) =>
        rows.kind === 'query'
          ? [rows.query, files.map((file) => relative(baseDirectory, file))]
          : rows.files.map(({ layout, columns, encoding, part }) => [
              ...[layout, columns, encoding],
              ...(part === undefined ? [] : [part]),
            ]),
      ),
      columns: config.columns,
      missing: config.missing,
      timeFormat: config.timeFormat,
      items: items && { ...config.items, path: null },
      users: users && { ...config.users, path: null },
      // Left out of the text where there is none: data without labels keep their fingerprint.
      positiveRating: config.positiveRating,
      filters: [config.minRating, config.duplicates, config.minUserInteractions, config.minItemInteractions],
      split: config.split.type === 'files' ? { ...config.split, validation: null, test: null } : config.split,
      seed,
    }),
  );
  // One file may be all three: it is read once.
  const digests = new Map<string, Buffer>();
  for (const path of filesOf(source)) {
    const digest = digests.get(path) ?? (await fileDigest(path, signal));
    digests.set(path, digest);
    hash.update(digest);
  }
  return hash.digest('hex');
}

/** For datasets whose source has no fingerprint: SHA-256 (hex) of the prepared content itself. */
export function contentFingerprint(dataset: Omit<PreparedDataset, 'fingerprint'>): string {
  const { offsets, items, times, trainEnd, validationEnd, order, userIds, itemIds, itemTitles } = dataset;
  const hash = createHash('sha256');
  const labeled = Object.values(dataset.labeled ?? {}) as (ArrayBufferView | null)[];
  for (const numbers of [offsets, items, times, trainEnd, validationEnd, order, ...labeled]) {
    if (numbers) hash.update(bytesOf(numbers));
  }
  const { itemFeatures, userFeatures } = dataset;
  const features = [itemFeatures, userFeatures].map((columns) =>
    columns.map((column) => {
      for (const [, part] of numbersOf(column)) hash.update(bytesOf(part));
      return { ...column, values: null, offsets: null };
    }),
  );
  hash.update(JSON.stringify([userIds, itemIds, itemTitles, features]));
  return hash.digest('hex');
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

async function fileDigest(path: string, signal: AbortSignal | undefined): Promise<Buffer> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024, signal }))
    hash.update(chunk as Buffer);
  return hash.digest();
}
