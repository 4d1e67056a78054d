import path from 'node:path';
import { parquetBytes, type ParquetColumn } from '../../dataset/parquetBytes';
import type { PreparedDataset } from '../../dataset/preparedDataset';
import { csvField } from '../../formats/csv';
import { recommend } from '../../inference/recommend';
import { seenRule } from '../../inference/seenItems';
import type { CheckpointSource } from '../../protocol/inspection';
import type { AllUsers, RecommendationExport, RecommendationReport } from '../../protocol/recommendation';
import { shortestFloat32 } from '../../protocol/shortestFloat32';
import { writeOutput } from '../../runs/outputFile';
import { cacheDirectoryOf } from '../../runs/runDirectory';
import type { ItemVectors } from '../attention/itemVectors';
import type { InspectedRuns, OpenRun } from '../inspectedRuns';
import { InspectionError } from '../inspectionError';
import type { Task } from '../tasks';
import { recommendTo } from './recommendTo';

/** Lines of text that are written at once. */
const LINES = 4096;

/** One recommendation, as it is written: user, rank, item, score, and the title where there are titles. */
type Row = (string | number)[];

/**
 * Writes recommendations to one user, or to all of them, who come in pieces: memory does not grow with their number. The file is
 * under its name only when it is complete.
 * @throws InspectionError, OutputError, RunWriteError, DatasetError where DuckDB, which writes Parquet, cannot be loaded
 */
export async function exportRecommendations(
  runs: InspectedRuns,
  itemVectors: ItemVectors,
  source: CheckpointSource,
  { of, format, output }: RecommendationExport,
  task: Task,
): Promise<RecommendationReport> {
  const run = await runs.open(source.run);
  const { dataset } = run;
  const columns = columnsOf(dataset);
  const file = path.resolve(output);
  const count = { users: 0, rows: 0 };
  const filterSeen = seenRule(dataset, run.config.evaluation).filterSeen && !of.keepSeen;
  await runs.useRecommender(source, async (recommender) => {
    const rows =
      'until' in of
        ? rowsOfAll(run, recommender, of, filterSeen, task)
        : rowsOfOne(dataset, of.user, await recommendTo(run, recommender, itemVectors, of));
    const counted = counting(rows, count);
    const cache = cacheDirectoryOf(path.dirname(run.directory.path));
    await writeOutput(
      file,
      format === 'parquet' ? parquetBytes(columns, counted, cache) : csvLines(columns, counted),
    );
  });
  return { ...count, filterSeen, files: [file] };
}

function columnsOf({ itemTitles }: PreparedDataset): ParquetColumn[] {
  return [
    { name: 'user', type: 'text' },
    { name: 'rank', type: 'integer' },
    { name: 'item', type: 'text' },
    { name: 'score', type: 'float' },
    ...(itemTitles === null ? [] : [{ name: 'title', type: 'text' } as const]),
  ];
}

function rowOf(
  { itemIds, itemTitles }: PreparedDataset,
  user: string,
  rank: number,
  item: number,
  score: number,
): Row {
  const row = [user, rank, itemIds[item]!, score];
  return itemTitles === null ? row : [...row, itemTitles[item]!];
}

async function* rowsOfAll(
  { dataset }: OpenRun,
  recommender: Parameters<typeof recommend>[0],
  { until, topK }: AllUsers,
  filterSeen: boolean,
  task: Task,
): AsyncGenerator<Row> {
  const { numUsers, numItems, userIds } = dataset;
  if (!Number.isInteger(topK) || topK < 1)
    throw new InspectionError(
      'inspection/bad-request',
      `${topK} recommendations were requested; expected a whole number of at least 1.`,
    );
  const everybody = Array.from({ length: numUsers }, (_, user) => user);
  const k = Math.min(topK, numItems);
  let done = 0;
  for await (const { users, items, scores } of recommend(recommender, dataset, everybody, k, {
    filterSeen,
    until,
  })) {
    await task.proceed({ phase: 'Recommending', done, of: numUsers });
    for (const [row, user] of users.entries())
      for (let place = 0; place < k && items[row * k + place]! > 0; place++)
        yield rowOf(dataset, userIds[user]!, place + 1, items[row * k + place]!, scores[row * k + place]!);
    done += users.length;
  }
}

// eslint-disable-next-line @typescript-eslint/require-await -- The writers take rows that come in time.
async function* rowsOfOne(
  dataset: PreparedDataset,
  user: string | null,
  { recommendations }: { recommendations: readonly { item: number; score: number }[] },
): AsyncGenerator<Row> {
  for (const [place, { item, score }] of recommendations.entries())
    yield rowOf(dataset, user ?? '', place + 1, item, score);
}

async function* counting(
  rows: AsyncIterable<Row>,
  count: { users: number; rows: number },
): AsyncGenerator<Row> {
  for await (const row of rows) {
    count.rows++;
    if (row[1] === 1) count.users++;
    yield row;
  }
}

async function* csvLines(
  columns: readonly ParquetColumn[],
  rows: AsyncIterable<Row>,
): AsyncGenerator<string> {
  let text = `${columns.map(({ name }) => name).join(',')}\n`;
  let lines = 0;
  for await (const row of rows) {
    const fields = row.map((value, column) =>
      typeof value === 'string'
        ? csvField(value)
        : String(columns[column]!.type === 'float' ? shortestFloat32(value) : value),
    );
    text += `${fields.join(',')}\n`;
    if (++lines % LINES > 0) continue;
    yield text;
    text = '';
  }
  yield text;
}
