import { createHash, randomBytes } from 'node:crypto';
import { mkdir, open, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemReason } from '../protocol/errorText';
import type { FeatureColumn } from '../protocol/features';
import { DatasetError } from './datasetError';
import type { ReadingFacts } from './datasetReport';
import { describeSplit } from '../splits/splits';
import type { DatasetSplit } from '../splits/splitter';
import type { LabeledInteractions } from './labeledInteractions';
import type { PreparedDataset } from './preparedDataset';

/*
 * A prepared dataset on disk: the directory `<cache>/<fingerprint>` with a file per column (numbers as little-endian
 * arrays; texts as UTF-8 plus an array of where each ends) and `header.json`, which has the length and checksum of each, and
 * as its last field a checksum of its own, which earlier versions did not write.
 * It is written under another name and renamed, so that a directory with that name is complete.
 */

/** Of the layout of the cache; what the content depends on is in the fingerprint. */
const CACHE_VERSION = 2;

export interface CachedDataset {
  dataset: PreparedDataset;
  facts: ReadingFacts;
}

interface CacheHeader {
  version: number;
  fingerprint: string;
  facts: ReadingFacts;
  /** Earlier versions, which had the first split alone, did not write it. */
  split?: DatasetSplit;
  features: Record<'items' | 'users', FeatureHeader[]>;
  columns: Record<string, { bytes: number; sha256: string }>;
}

/** A feature without its arrays; those are columns such as `items-feature0-values`. */
type FeatureHeader =
  | { kind: 'category' | 'multi'; name: string }
  | { kind: 'number'; name: string; shift: number; scale: number };

type Numbers = Uint8Array | Uint32Array | Int32Array | Float32Array | Float64Array;
const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * The cached dataset, or null when there is none or it is damaged; a damaged one is removed. Throws a {@link DatasetError}
 * when it cannot be read, which says nothing about what is in it.
 */
export async function readDatasetCache(
  cacheDirectory: string,
  fingerprint: string,
): Promise<CachedDataset | null> {
  const directory = join(cacheDirectory, fingerprint);
  try {
    const header = decodeHeader(await readFile(join(directory, 'header.json'), 'utf8'));
    if (header.version !== CACHE_VERSION || header.fingerprint !== fingerprint)
      throw new Error('another dataset');
    const bytes = (name: string) => readColumn(directory, name, header);
    const indices = async (name: string) => new Uint32Array(await bytes(name));
    const texts = async (name: string) =>
      unpackTexts(await bytes(`${name}.text`), await indices(`${name}.ends`));
    const features = async (of: 'items' | 'users') => {
      const found: FeatureColumn[] = [];
      for (const [index, feature] of header.features[of].entries()) {
        const column = featureFile(of, index);
        const values = await bytes(`${column}-values`);
        if (feature.kind === 'number') {
          found.push({ ...feature, values: new Float32Array(values) });
          continue;
        }
        const { kind, name } = feature;
        const labels = await texts(`${column}-labels`);
        const base = { name, values: new Int32Array(values), labels };
        if (kind === 'category') found.push({ kind, ...base });
        else found.push({ kind, ...base, offsets: await indices(`${column}-offsets`) });
      }
      return found;
    };
    const offsets = await indices('offsets');
    const userIds = await texts('userIds');
    const itemIds = await texts('itemIds');
    const dataset: PreparedDataset = {
      fingerprint,
      numUsers: userIds.length,
      numItems: itemIds.length - 1,
      offsets,
      items: await indices('items'),
      times: 'times' in header.columns ? new Float64Array(await bytes('times')) : null,
      split: header.split ?? describeSplit({ type: 'leaveOneOut' }),
      trainEnd: await indices('trainEnd'),
      validationEnd: await indices('validationEnd'),
      order: 'order' in header.columns ? await indices('order') : null,
      labeled: 'labeled-offsets' in header.columns ? await readLabeled(indices, bytes, header) : null,
      userIds,
      itemIds,
      itemTitles: 'itemTitles.text' in header.columns ? await texts('itemTitles') : null,
      itemFeatures: await features('items'),
      userFeatures: await features('users'),
    };
    return { dataset, facts: header.facts };
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (syscall !== undefined && code !== 'ENOENT' && code !== 'ENOTDIR') {
      throw new DatasetError(
        'dataset/unreadable-cache',
        `The prepared data in ${directory} cannot be read (${systemReason(error)}). They were left as they are: ` +
          'try again when that is fixed, or delete that folder to prepare the data again.',
      );
    }
    // Not there, cut off or changed: it will be made again.
    await rm(directory, { recursive: true, force: true }).catch(() => undefined);
    return null;
  }
}

async function readLabeled(
  indices: (name: string) => Promise<Uint32Array>,
  bytes: (name: string) => Promise<ArrayBuffer>,
  { columns }: CacheHeader,
): Promise<LabeledInteractions> {
  return {
    offsets: await indices('labeled-offsets'),
    trainEnd: await indices('labeled-trainEnd'),
    validationEnd: await indices('labeled-validationEnd'),
    items: await indices('labeled-items'),
    labels: new Uint8Array(await bytes('labeled-labels')),
    times: 'labeled-times' in columns ? new Float64Array(await bytes('labeled-times')) : null,
    impressions: 'labeled-impressions' in columns ? await indices('labeled-impressions') : null,
    historyEnd: await indices('labeled-historyEnd'),
  };
}

/** Writes the dataset for {@link readDatasetCache}. Throws the file system's error; nothing half-written stays behind. */
export async function writeDatasetCache(
  cacheDirectory: string,
  { dataset, facts }: CachedDataset,
): Promise<void> {
  await mkdir(cacheDirectory, { recursive: true });
  await removeAbandoned(cacheDirectory);
  const temporary = join(cacheDirectory, `tmp-${process.pid}-${randomBytes(4).toString('hex')}`);
  const columns: CacheHeader['columns'] = {};
  const write = async (name: string, data: Numbers | Buffer) => {
    const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    await writeFile(join(temporary, name), bytes);
    columns[name] = { bytes: bytes.length, sha256: sha256(bytes) };
  };
  const writeTexts = async (name: string, texts: readonly string[]) => {
    const { text, ends } = packTexts(texts);
    await write(`${name}.text`, text);
    await write(`${name}.ends`, ends);
  };
  try {
    await mkdir(temporary);
    await write('offsets', dataset.offsets);
    await write('items', dataset.items);
    if (dataset.times) await write('times', dataset.times);
    await write('trainEnd', dataset.trainEnd);
    await write('validationEnd', dataset.validationEnd);
    if (dataset.order) await write('order', dataset.order);
    for (const [name, column] of Object.entries(dataset.labeled ?? {}) as [string, Numbers | null][])
      if (column !== null) await write(`labeled-${name}`, column);
    await writeTexts('userIds', dataset.userIds);
    await writeTexts('itemIds', dataset.itemIds);
    if (dataset.itemTitles) await writeTexts('itemTitles', dataset.itemTitles);
    const features: CacheHeader['features'] = { items: [], users: [] };
    for (const of of ['items', 'users'] as const) {
      for (const [index, feature] of dataset[of === 'items' ? 'itemFeatures' : 'userFeatures'].entries()) {
        const column = featureFile(of, index);
        for (const [name, numbers] of numbersOf(feature)) await write(`${column}-${name}`, numbers);
        if (feature.kind !== 'number') await writeTexts(`${column}-labels`, feature.labels);
        features[of].push(headerOf(feature));
      }
    }
    const header: CacheHeader = {
      version: CACHE_VERSION,
      fingerprint: dataset.fingerprint,
      facts,
      split: dataset.split,
      features,
      columns,
    };
    await writeFile(join(temporary, 'header.json'), encodeHeader(header));
    try {
      await rename(temporary, join(cacheDirectory, dataset.fingerprint));
    } catch (error) {
      // Another trainer may have been faster; its directory holds the same.
      if (!['ENOTEMPTY', 'EEXIST', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? ''))
        throw error;
    }
  } finally {
    await rm(temporary, { recursive: true, force: true }).catch(() => undefined);
  }
}

/** The arrays of a feature, by name. */
export function numbersOf(feature: FeatureColumn): [string, Numbers][] {
  const values: [string, Numbers] = ['values', feature.values];
  return feature.kind === 'multi' ? [values, ['offsets', feature.offsets]] : [values];
}

function headerOf(feature: FeatureColumn): FeatureHeader {
  const { kind, name } = feature;
  return kind === 'number' ? { kind, name, shift: feature.shift, scale: feature.scale } : { kind, name };
}

function featureFile(of: 'items' | 'users', index: number): string {
  return `${of}-feature${index}`;
}

function encodeHeader(header: CacheHeader): string {
  return JSON.stringify({ ...header, sha256: sha256(Buffer.from(JSON.stringify(header))) }, null, 2);
}

function decodeHeader(text: string): CacheHeader {
  const { sha256: expected, ...header } = JSON.parse(text) as CacheHeader & { sha256?: string };
  if (expected !== undefined && expected !== sha256(Buffer.from(JSON.stringify(header))))
    throw new Error('the header was changed');
  return header;
}

async function readColumn(directory: string, name: string, header: CacheHeader): Promise<ArrayBuffer> {
  const expected = Object.hasOwn(header.columns, name) ? header.columns[name] : undefined;
  if (!expected) throw new Error(`no column ${name}`);
  const file = await open(join(directory, name));
  try {
    // Before so many bytes are asked for.
    if ((await file.stat()).size !== expected.bytes) throw new Error(`column ${name} is truncated`);
    const buffer = new ArrayBuffer(expected.bytes);
    const bytes = new Uint8Array(buffer);
    for (let at = 0; at < bytes.length;) {
      const { bytesRead } = await file.read(bytes, at, bytes.length - at, at);
      if (bytesRead === 0) throw new Error(`column ${name} is truncated`);
      at += bytesRead;
    }
    if (sha256(bytes) !== expected.sha256) throw new Error(`column ${name} was changed`);
    return buffer;
  } finally {
    await file.close();
  }
}

function packTexts(texts: readonly string[]): { text: Buffer; ends: Uint32Array } {
  const ends = new Uint32Array(texts.length);
  let end = 0;
  texts.forEach((text, index) => (ends[index] = end += Buffer.byteLength(text)));
  return { text: Buffer.from(texts.join('')), ends };
}

function unpackTexts(buffer: ArrayBuffer, ends: Uint32Array): string[] {
  const bytes = Buffer.from(buffer);
  return Array.from(ends, (end, index) => bytes.toString('utf8', index === 0 ? 0 : ends[index - 1], end));
}

/** What a killed trainer left behind. */
async function removeAbandoned(cacheDirectory: string): Promise<void> {
  for (const name of await readdir(cacheDirectory)) {
    if (!name.startsWith('tmp-')) continue;
    const path = join(cacheDirectory, name);
    const status = await stat(path).catch(() => null);
    if (status && Date.now() - status.mtimeMs > DAY_MS) await rm(path, { recursive: true, force: true });
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
