import { PARTS } from '../splits/splitter';
import { describeSplit } from '../splits/splits';
import type { FeaturesConfig } from '../options/featureSchema';
import type { DatasetConfig } from '../config/schema';
import { countOfAll } from '../protocol/countOf';
import { systemReason } from '../protocol/errorText';
import type { HistoryLimit } from '../protocol/historyLimit';
import { arrangeSteps, type ArrangedInteractions } from './arrangeInteractions';
import { readDatasetCache, writeDatasetCache, type CachedDataset } from './datasetCache';
import { datasetReport, type DatasetReport } from './datasetReport';
import { withDuckDb } from './duckDb';
import { encodeFeature, type Entities } from './encodeFeature';
import { contentFingerprint, sourceFingerprint } from './fingerprint';
import { openSource, whyNotKept } from './openSource';
import { leakageSteps } from './leakageChecks';
import { knownFingerprint, looksOfSource, noteFingerprint } from './knownSources';
import type { PreparedDataset } from './preparedDataset';
import type { EntityTable } from './readEntityTable';
import { readInteractions, type ReadResult } from './readInteractions';
import { labelInteractions } from './labelInteractions';
import { nameOf } from './rowSource';
import { withSettledSource } from './settleSource';
import { requireUsable } from './requireUsable';
import { splitInteractions } from './splitInteractions';
import { finishInTurns, type Steps } from './steps';

export interface PrepareOptions {
  /** Folder of the config file, which its paths are relative to. */
  baseDirectory: string;
  /** `.recsight/cache` of the workspace. Prepared datasets are kept in it, one directory per fingerprint. */
  cacheDirectory: string;
  /** Decides the order of a user's simultaneous interactions. It is not that of a run: runs of all seeds have the same data. */
  seed: number;
  /** The model's, to say how many histories are longer. */
  historyLimit?: HistoryLimit | undefined;
  /** Whether a run is made of them: then they are kept even where only the run can find them again. */
  forRun?: boolean;
  /** Threads for reading; the result does not depend on it. */
  threads?: number;
  /** Aborting gives the work up, wherever it is; its reason is thrown then. */
  signal?: AbortSignal | undefined;
}

export interface PreparedResult {
  dataset: PreparedDataset;
  /** Whether it came from the cache. */
  cached: boolean;
  seconds: number;
  /** How files were read, where that was guessed, and the report's warnings. */
  warnings: string[];
  report: DatasetReport;
}

/**
 * Reads, filters, sorts and splits the interactions of a config, or takes them from the cache when the same was done
 * before with files of the same content. Throws a {@link DatasetError} when the data cannot be used.
 */
export async function prepareDataset(
  config: DatasetConfig,
  options: PrepareOptions,
): Promise<PreparedResult> {
  const started = performance.now();
  const { cacheDirectory, seed, historyLimit, forRun = false } = options;
  const looks = await looksOfSource(config, options);
  const known = looks && (await knownFingerprint(looks, options));
  const kept = known === null ? null : await readDatasetCache(cacheDirectory, known);
  if (kept !== null) return preparedResult(kept, { cached: true, started, historyLimit });
  const opened = await withDuckDb(options, async (connection) => {
    const source = await openSource(connection, config, options.baseDirectory);
    const fingerprint = await sourceFingerprint(config, source, options);
    const cached = fingerprint === null ? null : await readDatasetCache(cacheDirectory, fingerprint);
    if (cached) return { fingerprint, cached, read: null };
    const { read, reason } = await withSettledSource(source, cacheDirectory, async (settled) => {
      const result = await readInteractions(connection, settled, settled.config);
      const { reading, warnings } = settled;
      return {
        read: { ...result, reading, warnings: [...warnings, ...result.warnings], config: settled.config },
        reason: await whyNotKept(connection, settled, options.baseDirectory),
      };
    });
    if (reason !== null)
      read.warnings.push(`The result of the query is not cached and is recomputed each time: ${reason}.`);
    return { fingerprint: reason === null ? fingerprint : null, cached, read };
  });

  const prepared = opened.read
    ? await finishInTurns(arrange(opened.read, opened.fingerprint, opened.read.config, seed), options.signal)
    : opened.cached;
  const result = preparedResult(prepared, { cached: opened.cached !== null, started, historyLimit });
  if (opened.read && (opened.fingerprint !== null || forRun)) {
    await writeDatasetCache(cacheDirectory, prepared).catch((error: unknown) => {
      result.warnings.push(
        `The prepared data could not be cached in ${cacheDirectory} (${systemReason(error)}) and will be prepared again next time.`,
      );
    });
  }
  if (looks && opened.fingerprint !== null) await noteFingerprint(looks, options, opened.fingerprint);
  return { ...result, seconds: secondsSince(started) };
}

function preparedResult(
  { dataset, facts }: CachedDataset,
  {
    cached,
    started,
    historyLimit,
  }: { cached: boolean; started: number; historyLimit: HistoryLimit | undefined },
): PreparedResult {
  const report = datasetReport(dataset, facts, historyLimit);
  const warnings = [...report.reading.map((line) => `Read ${line}.`), ...warningsOf(report)];
  return { dataset, cached, seconds: secondsSince(started), warnings, report };
}

function warningsOf({ warnings, checks }: DatasetReport): string[] {
  return [...warnings, ...checks.filter(({ level }) => level !== 'note').map(({ message }) => message)];
}

function secondsSince(started: number): number {
  return (performance.now() - started) / 1000;
}

/** The prepared dataset that is kept under a fingerprint, whatever has become of its source; null when there is none. */
export async function readKeptDataset(
  fingerprint: string,
  { cacheDirectory, historyLimit }: Pick<PrepareOptions, 'cacheDirectory' | 'historyLimit'>,
): Promise<PreparedResult | null> {
  // It may come from a file that somebody else wrote, and names a folder here.
  if (!/^[0-9a-f]{64}$/.test(fingerprint)) return null;
  const started = performance.now();
  const kept = await readDatasetCache(cacheDirectory, fingerprint);
  if (kept === null) return null;
  const report = datasetReport(kept.dataset, kept.facts, historyLimit);
  const seconds = secondsSince(started);
  return { dataset: kept.dataset, cached: true, seconds, warnings: warningsOf(report), report };
}

/**
 * The fingerprint that the source of a config has now; null for a query whose files do not decide its result. Throws a
 * {@link DatasetError} when the source cannot be opened.
 */
export async function currentFingerprint(
  config: DatasetConfig,
  options: PrepareOptions,
): Promise<string | null> {
  const looks = await looksOfSource(config, options);
  const known = looks && (await knownFingerprint(looks, options));
  if (known !== null) return known;
  const fingerprint = await withDuckDb(options, async (connection) =>
    sourceFingerprint(config, await openSource(connection, config, options.baseDirectory), options),
  );
  if (looks && fingerprint !== null) await noteFingerprint(looks, options, fingerprint);
  return fingerprint;
}

/** From rows to the prepared dataset. Done after DuckDB has given its memory back. */
function* arrange(
  {
    interactions,
    itemTable,
    userTable,
    dropped,
    numRows,
    reading,
    warnings: readWarnings,
  }: ReadResult & { reading: string[] },
  fingerprint: string | null,
  config: DatasetConfig,
  seed: number,
): Steps<CachedDataset> {
  const { timestamp } = config.columns;
  const warnings = [...readWarnings];
  const arranged = yield* arrangeSteps(interactions, config, seed);
  const { clicks, labeled } =
    arranged.labels === null
      ? { clicks: arranged, labeled: null }
      : labelInteractions(arranged, arranged.labels, timestamp !== null);
  yield;
  const times = timestamp === null ? null : clicks.times;
  const { trainEnd, ...split } = splitInteractions({ ...clicks, times }, clicks.parts);
  const itemIds = ['', ...Array.from(arranged.keptItems, (item) => interactions.itemIds[item]!)];
  const itemTitles = itemTable?.titles ?? null;
  const itemFeatures = itemTable === null ? [] : yield* encodeItems(itemTable, config, arranged);
  const userFeatures = userTable === null ? [] : yield* encodeUsers(userTable, config, arranged);
  const content = {
    numUsers: arranged.keptUsers.length,
    numItems: arranged.keptItems.length,
    ...split,
    labeled,
    trainEnd,
    split: describeSplit(config.split, arranged.cut),
    userIds: Array.from(arranged.keptUsers, (user) => interactions.userIds[user]!),
    itemIds,
    itemTitles: itemTitles && [
      '',
      ...Array.from(arranged.keptItems, (item, index) => itemTitles[item] ?? itemIds[index + 1]!),
    ],
    itemFeatures: itemFeatures.map(({ column }) => column),
    userFeatures: userFeatures.map(({ column }) => column),
  };
  requireUsable(content, config);
  if (itemTable) warnings.push(...tableWarnings(itemTable, arranged.keptItems));
  if (userTable) warnings.push(...tableWarnings(userTable, arranged.keptUsers));
  if (itemTitles) {
    const untitled = arranged.keptItems.reduce((sum, item) => sum + (itemTitles[item] === null ? 1 : 0), 0);
    if (untitled > 0) {
      warnings.push(
        `${countOfAll(untitled, content.numItems, 'item', ['has', 'have'])} no title in ${nameOf(itemTable!.source)}: ids are shown instead.`,
      );
    }
  }
  const dataset = { fingerprint: fingerprint ?? contentFingerprint(content), ...content };
  const checks = yield* leakageSteps(dataset);
  return {
    dataset,
    facts: {
      numRows,
      dropped: { ...dropped, ...arranged.dropped },
      features: [...itemFeatures, ...userFeatures].map(({ facts }) => facts),
      reading,
      warnings,
      checks,
    },
  };
}

type EncodedFeature = ReturnType<typeof encodeFeature>;

function* encodeItems(
  table: EntityTable,
  { items: config }: DatasetConfig,
  { keptItems, items, parts }: ArrangedInteractions,
): Steps<EncodedFeature[]> {
  const inTraining = new Uint8Array(keptItems.length + 1);
  items.forEach((item, row) => {
    if (parts[row] === PARTS.training) inTraining[item] = 1;
  });
  return yield* encodeFeatures(table, config!.features, {
    kept: keptItems,
    inTraining: (item) => inTraining[item + 1] === 1,
    numPadding: 1,
  });
}

function* encodeUsers(
  table: EntityTable,
  { users: config }: DatasetConfig,
  { keptUsers, offsets, parts }: ArrangedInteractions,
): Steps<EncodedFeature[]> {
  return yield* encodeFeatures(table, config!.features, {
    kept: keptUsers,
    inTraining: (user) => parts.subarray(offsets[user], offsets[user + 1]).includes(PARTS.training),
    numPadding: 0,
  });
}

function* encodeFeatures(
  table: EntityTable,
  features: FeaturesConfig,
  entities: Entities,
): Steps<EncodedFeature[]> {
  const encoded: EncodedFeature[] = [];
  for (const [index, { name }] of table.features.entries()) {
    encoded.push(encodeFeature(table, index, features[name]!, entities));
    yield;
  }
  return encoded;
}

/** What makes the features of a table doubtful as a whole. */
function tableWarnings({ of, source, rows, features, conflicts }: EntityTable, kept: Uint32Array): string[] {
  if (features.length === 0) return [];
  const count = (has: (entity: number) => boolean) =>
    kept.reduce((sum, entity) => sum + (has(entity) ? 1 : 0), 0);
  const absent = count((entity) => rows[entity] === 0);
  const differing = count((entity) => conflicts[entity] === 1);
  const warnings: string[] = [];
  if (absent > 0) {
    warnings.push(
      `${absent} of ${kept.length} ${of} have no row in ${nameOf(source)}: their features are unknown.` +
        (absent === kept.length ? ` Is \`dataset.${of}.id\` the right column?` : ''),
    );
  }
  if (differing > 0) {
    warnings.push(
      `${differing} of ${kept.length} ${of} have several rows in ${nameOf(source)} with different features; the first is used.`,
    );
  }
  return warnings;
}
