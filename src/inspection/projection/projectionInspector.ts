import { embeddingStatistics } from '../../analysis/embeddingStatistics';
import { kMeans } from '../../analysis/kMeans';
import { neighbors } from '../../analysis/neighbors';
import { projectRows } from '../../analysis/pca';
import { selectRows } from '../../analysis/table';
import type { CheckpointSource } from '../../protocol/inspection';
import {
  OWN_COLUMNS,
  type NeighborQuery,
  type NumberPointColumn,
  type PointColumn,
  type PointNeighbor,
  type ProjectionExport,
  type ProjectionInspector,
  type Sampling,
  rowIndex,
  type SelectionSummary,
  type TableStatistics,
  type UserPath,
} from '../../protocol/projection';
import { recommend } from '../../inference/recommend';
import { seenRule } from '../../inference/seenItems';
import { compareTables } from './compareTables';
import { readNamedTable } from './embeddingTables';
import { exportTable } from './exportTable';
import type { InspectedRuns } from '../inspectedRuns';
import { InspectionError } from '../inspectionError';
import { keptLayout } from './keptLayout';
import { checkUmapRequest } from './layOut';
import { pointColumns, popularityOf } from './pointColumns';
import { readBookmarks, writeBookmarks } from './bookmarks';
import { countRecommendations, knownRecommendationCounts } from './recommendationCounts';
import { rowNames } from './rowNames';
import { itemLabel, runInspector } from '../runInspector';
import { sampleRows } from './sampleRows';
import type { Tasks } from '../tasks';
import { VectorStore, type VectorTable } from './vectorStore';

/** Most neighbors, recommendations and clusters that can be asked for. */
const MOST_NEIGHBORS = 100;
const MOST_CLUSTERS = 200;
/** Of the counts that come with the points when they are known. */
const COUNTED_RECOMMENDATIONS = 10;
const TYPICAL_ROWS = 10;
const LISTED_ROWS = 1000;
const LISTED_GROUPS = 100;

/** What the projection view asks of the inspector. */
export function projectionInspector(runs: InspectedRuns, tasks: Tasks): ProjectionInspector {
  const store = new VectorStore(runs);
  return {
    embeddingTables: (source) => store.describe(source),
    points: async (source, sampling) => {
      const read = await store.read(source);
      const rows = rowsOf(read, sampling);
      const columns = pointColumns(read.run.dataset, read.description, read.table, rows);
      const counted = await knownCounts(runs, source, read, rows);
      const named = Array.from(rows, rowNames(read.run.dataset, read.description));
      return {
        hash: read.hash,
        numRows: read.table.numRows,
        width: read.table.width,
        rows,
        ids: named.map(({ id }) => id),
        labels: named.map(({ label }) => label),
        columns: [...columns, ...counted],
      };
    },
    pca: async (source, sampling, { components }) => {
      const read = await store.read(source);
      requireComponents(read, components);
      const pca = read.components();
      const points = selectRows(read.table, rowsOf(read, sampling));
      return {
        coordinates: projectRows(points, pca, components).values,
        explained: Float32Array.from(pca.shares),
      };
    },
    umap: async (source, sampling, request, task) => {
      checkUmapRequest(request);
      // From the start, so that it can be canceled while its checkpoint is loaded.
      return tasks.run(task, async (running) => {
        const read = await store.read(source);
        return keptLayout(runs, read, rowsOf(read, sampling), request, running);
      });
    },
    cancel: (task) => {
      tasks.cancel(task);
      return Promise.resolve();
    },
    recommendationCounts: async (source, sampling, k, task) => {
      requireCount(k, MOST_NEIGHBORS, 'recommendations');
      return tasks.run(task, async (running) => {
        const read = await store.read(source);
        if (read.description.rows !== 'items') {
          throw new InspectionError(
            'inspection/no-items',
            `The rows of \`${source.table}\` are ${read.description.rows}, and only items are recommended.`,
          );
        }
        const counts =
          (await knownRecommendationCounts(runs, source, k)) ??
          (await countRecommendations(runs, source, k, running));
        return countColumn(counts, rowsOf(read, sampling), k);
      });
    },
    neighbors: async (source, query, metric, k) => {
      const read = await store.read(source);
      requireCount(k, MOST_NEIGHBORS, 'neighbors');
      const asked = checkQuery(read, query);
      const [found] = neighbors(read.table, [asked], k, metric);
      return named(
        read,
        found!.map(({ row, score }) => ({ row, value: score })),
      );
    },
    clusters: async (source, sampling, k, seed) => {
      const read = await store.read(source);
      requireCount(k, MOST_CLUSTERS, 'clusters');
      const points = selectRows(read.table, rowsOf(read, sampling));
      const { labels, sizes } = await kMeans(points, k, { seed, spherical: true });
      return bySize(labels, sizes);
    },
    statistics: async (source) => statisticsOf(runs, await store.read(source)),
    selection: async (source, rows) => summaryOf(await store.read(source), rows),
    userPath: (source, user, k) => pathOf(runs, source, user, k),
    compare: async (first, second, sampling, { components }) => {
      const read = await store.read(first);
      requireComponents(read, components);
      return compareTables(read, await store.read(second), rowsOf(read, sampling), components);
    },
    exportTable: async (request) => exportRows(runs, await store.read(request.source), request),
    bookmarks: async (run) => readBookmarks((await runs.open(run)).directory),
    saveBookmarks: async (run, bookmarks) => writeBookmarks((await runs.open(run)).directory, bookmarks),
  };
}

function rowsOf({ run, description, table }: VectorTable, sampling: Sampling): Uint32Array {
  return sampleRows(table.numRows, sampling, popularityOf(run.dataset, description));
}

async function knownCounts(
  runs: InspectedRuns,
  source: CheckpointSource,
  { description }: VectorTable,
  rows: Uint32Array,
): Promise<PointColumn[]> {
  if (description.rows !== 'items') return [];
  const counts = await knownRecommendationCounts(runs, source, COUNTED_RECOMMENDATIONS);
  return counts === null ? [] : [countColumn(counts, rows, COUNTED_RECOMMENDATIONS)];
}

function countColumn(counts: Float32Array, rows: Uint32Array, k: number): NumberPointColumn {
  const values = Float32Array.from(rows, (row) => counts[row]!);
  return { kind: 'number', id: OWN_COLUMNS.recommendations, label: `recommended in top-${k}`, values };
}

/** Clusters numbered from the largest. */
function bySize(labels: Int32Array, sizes: Int32Array): Int32Array {
  const order = Array.from(sizes.keys()).sort((a, b) => sizes[b]! - sizes[a]! || a - b);
  const places = new Int32Array(sizes.length);
  order.forEach((cluster, place) => (places[cluster] = place));
  return labels.map((cluster) => places[cluster]!);
}

async function statisticsOf(
  runs: InspectedRuns,
  { run, description, table }: VectorTable,
): Promise<TableStatistics> {
  const popularity = popularityOf(run.dataset, description);
  // The same seed makes the same weights as training began with.
  const initial = await runs.useUntrained(run.directory.path, (model) =>
    readNamedTable(model, description.name),
  );
  const found = embeddingStatistics(table, {
    seed: 0,
    ...(popularity !== null && { popularity }),
    ...(initial !== null && { initial }),
  });
  const dead = new Set([...found.zeroRows, ...(found.unmovedRows ?? [])]);
  const { norms, meanNorm } = found;
  return {
    numRows: table.numRows,
    width: table.width,
    anisotropy: found.meanCosine,
    effectiveDimensions: found.effectiveDimensions,
    norm: {
      mean: meanNorm,
      min: norms.reduce((least, norm) => Math.min(least, norm), norms[0] ?? 0),
      max: norms.reduce((most, norm) => Math.max(most, norm), 0),
    },
    normToPopularity: found.normByPopularity,
    deadRows: Uint32Array.from(dead).sort().slice(0, LISTED_ROWS),
    numDead: dead.size,
    duplicates: found.duplicates.slice(0, LISTED_GROUPS).map((rows) => Uint32Array.from(rows)),
    numDuplicates: found.duplicates.length,
  };
}

function summaryOf(read: VectorTable, rows: Uint32Array): SelectionSummary {
  const { table } = read;
  if (rows.length === 0) {
    throw new InspectionError('inspection/nothing-selected', 'No rows were selected, so they have no mean.');
  }
  for (const row of rows) requireRow(read, row);
  const selected = selectRows(table, rows);
  const mean = new Float64Array(table.width);
  selected.values.forEach((value, place) => (mean[place % table.width]! += value / rows.length));
  const vector = Float32Array.from(mean);
  // In the order of their cosine to the mean, all of them.
  const [ranked] = neighbors(selected, [vector], rows.length, 'cosine');
  const coherence = ranked!.reduce((sum, { score }) => sum + score, 0) / rows.length;
  const typical = ranked!.slice(0, TYPICAL_ROWS).map(({ row, score }) => ({ row: rows[row]!, value: score }));
  return { mean: vector, typical: named(read, typical), coherence };
}

async function pathOf(
  runs: InspectedRuns,
  source: CheckpointSource,
  user: number,
  k: number,
): Promise<UserPath> {
  requireCount(k, MOST_NEIGHBORS, 'recommendations');
  const history = await runInspector(runs).userHistory(source.run, user, 'all');
  const { dataset, config } = await runs.open(source.run);
  const rule = seenRule(dataset, config.evaluation);
  const recommended: UserPath['recommended'] = [];
  await runs.use(source, async (model) => {
    for await (const { items, scores } of recommend(model, dataset, [user], k, rule))
      items.forEach((item, place) => {
        if (item > 0) recommended.push({ ...itemLabel(dataset, item), score: scores[place]! });
      });
  });
  return { ...history, recommended };
}

async function exportRows(
  runs: InspectedRuns,
  source: VectorTable,
  request: ProjectionExport,
): Promise<string[]> {
  const { run, description } = source;
  const all = Uint32Array.from({ length: source.table.numRows }, (_, row) => row);
  const rows = request.rows ?? all;
  for (const row of rows) requireRow(source, row);
  const table = request.rows === null ? source.table : selectRows(source.table, rows);
  const columns = pointColumns(run.dataset, description, source.table, rows);
  columns.push(...(await knownCounts(runs, request.source, source, rows)));
  return exportTable(
    { table, names: Array.from(rows, rowNames(run.dataset, description)), columns },
    request,
  );
}

function named(
  { run, description }: VectorTable,
  rows: readonly { row: number; value: number }[],
): PointNeighbor[] {
  const name = rowNames(run.dataset, description);
  return rows.map(({ row, value }) => ({ row: rowIndex(row), ...name(row), value }));
}

function checkQuery(read: VectorTable, query: NeighborQuery): number | Float32Array {
  if ('vector' in query) return query.vector;
  requireRow(read, query.row);
  return query.row;
}

function requireRow({ description, table }: VectorTable, row: number): void {
  if (Number.isInteger(row) && row >= 0 && row < table.numRows) return;
  throw new InspectionError(
    'inspection/no-row',
    `There is no row ${row}: \`${description.name}\` has ${table.numRows} rows, counted from 0.`,
  );
}

function requireComponents({ description, table }: VectorTable, components: readonly number[]): void {
  const wrong = components.find(
    (component) => !Number.isInteger(component) || component < 0 || component >= table.width,
  );
  if (wrong === undefined) return;
  throw new InspectionError(
    'inspection/no-component',
    `There is no component ${wrong}: \`${description.name}\` has ${table.width}, counted from 0.`,
  );
}

function requireCount(count: number, most: number, of: string): void {
  if (Number.isInteger(count) && count >= 1 && count <= most) return;
  throw new InspectionError('inspection/bad-count', `${count} ${of} were requested; expected 1 to ${most}.`);
}
