import type { DuckDBConnection, DuckDBResult } from '@duckdb/node-api';
import type { DatasetConfig } from '../config/schema';
import { shorten, type ColumnPick } from './dataFile';
import { DatasetError } from './datasetError';
import { datasetErrorFrom, readRows } from './duckDb';
import type { OpenedSource } from './openSource';
import { readEntityTable, type EntityTable } from './readEntityTable';
import { labelOf, placeOf, selectFrom, type RowSource } from './rowSource';
import type { RawInteractions } from './arrangeInteractions';

export interface ReadResult {
  interactions: RawInteractions;
  /** The tables of items and users, joined to the ids; null without one. */
  itemTable: EntityTable | null;
  userTable: EntityTable | null;
  /** Rows of the source that were left out, by reason. */
  dropped: { emptyIds: number; missingTimes: number; rating: number };
  /** Rows of the source. */
  numRows: number;
}

/**
 * Reads the source through DuckDB: ids become indices in the order of the ids' UTF-8 bytes, rows without an id, without
 * a time or below the least rating are left out and counted. `times` holds what orders a user's interactions: the time
 * as the data have it (dates as seconds), or the row number where the config names no time column.
 * Throws a DatasetError for values that are no numbers or dates, and when no rows are left.
 */
export async function readInteractions(
  connection: DuckDBConnection,
  opened: OpenedSource,
  config: DatasetConfig,
): Promise<ReadResult> {
  const { source } = opened.interactions;
  const { columns, minRating } = config;
  const picks: Record<string, ColumnPick> = {
    user_id: { column: columns.user, field: 'dataset.columns.user' },
    item_id: { column: columns.item, field: 'dataset.columns.item' },
  };
  if (columns.timestamp !== null)
    picks.time_text = { column: columns.timestamp, field: 'dataset.columns.timestamp' };
  // The config schema sees to it that `minRating` comes with a rating column.
  if (minRating !== null) picks.rating_text = { column: columns.rating!, field: 'dataset.columns.rating' };

  const select = selectFrom(source, picks);
  const time = picks.time_text ? timeValue : 'NULL::DOUBLE';
  const rating = picks.rating_text ? ratingValue : 'NULL::DOUBLE';
  try {
    await connection.run(
      `CREATE TEMP TABLE source AS SELECT user_id, item_id, ${time} AS time, ${rating} AS rating FROM (${select})`,
    );
  } catch (error) {
    throw datasetErrorFrom(error, labelOf(source));
  }

  const hasIds = "(user_id <> '' AND item_id <> '')";
  const hasTime = picks.time_text ? '(time IS NOT NULL)' : 'true';
  const isRated = minRating === null ? 'true' : `coalesce(rating >= ${minRating}, false)`;
  const [counts] = await readRows(
    connection,
    `SELECT count(*), count(*) FILTER (${hasIds}), count(*) FILTER (${hasIds} AND ${hasTime}),
            count(*) FILTER (${hasIds} AND ${hasTime} AND ${isRated}), bool_or(isnan(time)), bool_or(isnan(rating))
     FROM source`,
  );
  const [numRows, withIds, withTimes, kept] = counts!.slice(0, 4).map(Number) as [
    number,
    number,
    number,
    number,
  ];
  if (counts![4] === true) {
    throw await badValue(
      connection,
      source,
      picks.time_text!,
      timeValue,
      'a number or a date such as 2013-02-28T13:37:00Z',
    );
  }
  if (counts![5] === true)
    throw await badValue(connection, source, picks.rating_text!, ratingValue, 'a number');
  const dropped = {
    emptyIds: numRows - withIds,
    missingTimes: withIds - withTimes,
    rating: withTimes - kept,
  };
  if (kept === 0) throw nothingRead(source, numRows, dropped, config);

  await connection.run(
    `CREATE TEMP VIEW kept AS SELECT *, rowid AS row FROM source WHERE ${hasIds} AND ${hasTime} AND ${isRated}`,
  );
  for (const name of ['user', 'item']) {
    await connection.run(
      `CREATE TEMP TABLE ${name}s AS SELECT ${name}_id, CAST(row_number() OVER (ORDER BY ${name}_id) - 1 AS UINTEGER) AS ${name}
       FROM (SELECT DISTINCT ${name}_id FROM kept)`,
    );
  }
  const interactions: RawInteractions = {
    userIds: await readTexts(connection, 'SELECT user_id FROM users ORDER BY "user"'),
    itemIds: await readTexts(connection, 'SELECT item_id FROM items ORDER BY item'),
    users: new Uint32Array(kept),
    items: new Uint32Array(kept),
    times: new Float64Array(kept),
  };
  await fillInteractions(
    interactions,
    await connection.stream(
      `SELECT "user", item, ${picks.time_text ? 'time' : 'CAST(row AS DOUBLE)'}
       FROM kept JOIN users USING (user_id) JOIN items USING (item_id)`,
    ),
  );
  const { items, users } = config;
  const itemTable =
    opened.items && items
      ? await readEntityTable(connection, opened.items.source, { of: 'items', title: undefined, ...items })
      : null;
  const userTable =
    opened.users && users
      ? await readEntityTable(connection, opened.users.source, { of: 'users', title: null, ...users })
      : null;
  return { interactions, itemTable, userTable, dropped, numRows };
}

/*
 * How text becomes a number: NULL for an empty value, NaN for one that cannot be read.
 * Infinite values count as unreadable, because nothing sensible can be done with them.
 */
const ratingValue = `CASE WHEN trim(rating_text) <> '' THEN CASE WHEN isfinite(TRY_CAST(rating_text AS DOUBLE))
  THEN TRY_CAST(rating_text AS DOUBLE) ELSE 'NaN'::DOUBLE END END`;
const timeNumber = 'coalesce(TRY_CAST(time_text AS DOUBLE), epoch(TRY_CAST(time_text AS TIMESTAMPTZ)))';
const timeValue = `CASE WHEN trim(time_text) <> '' THEN CASE WHEN isfinite(${timeNumber})
  THEN ${timeNumber} ELSE 'NaN'::DOUBLE END END`;

/** Reads again, file by file, to say where the first unreadable value is. Slow, but only on the way to an error. */
async function badValue(
  connection: DuckDBConnection,
  source: RowSource,
  pick: ColumnPick,
  value: string,
  expected: string,
): Promise<DatasetError> {
  const name = value === timeValue ? 'time_text' : 'rating_text';
  const parts: RowSource[] =
    source.kind === 'files' ? source.files.map((file) => ({ kind: 'files', files: [file] })) : [source];
  for (const part of parts) {
    const [found] = await readRows(
      connection,
      `SELECT row, ${name} FROM (SELECT row_number() OVER () AS row, ${name} FROM (${selectFrom(part, { [name]: pick })}))
       WHERE isnan(${value}) ORDER BY row LIMIT 1`,
    );
    if (!found) continue;
    const row = Number(found[0]);
    const text = String(found[1]);
    return new DatasetError(
      'dataset/not-a-number',
      `${placeOf(part, row)}: column \`${pick.column}\` holds ` +
        `\`${shorten(text)}\`, expected ${expected}. ` +
        `Correct the value, name another column in \`${pick.field}\`, or leave such rows out with \`dataset.query\`.`,
    );
  }
  throw new Error('A value was unreadable and is readable now: did the data change while they were read?');
}

function nothingRead(
  source: RowSource,
  numRows: number,
  dropped: ReadResult['dropped'],
  config: DatasetConfig,
): DatasetError {
  const label = labelOf(source);
  if (numRows === 0) {
    return new DatasetError(
      'dataset/no-rows',
      `${label}: found no rows after the header, expected interactions.`,
    );
  }
  const reasons = [
    dropped.emptyIds > 0 ? `${dropped.emptyIds} without a user or item id` : '',
    dropped.missingTimes > 0 ? `${dropped.missingTimes} without a time` : '',
    dropped.rating > 0
      ? `${dropped.rating} rated below \`dataset.minRating\` (${config.minRating ?? ''}) or not at all`
      : '',
  ].filter((reason) => reason !== '');
  return new DatasetError(
    'dataset/nothing-left',
    `${label}: none of its ${numRows} rows can be used: ${reasons.join(', ')}. Check \`dataset.columns\` and \`dataset.minRating\`.`,
  );
}

async function readTexts(connection: DuckDBConnection, sql: string): Promise<string[]> {
  const texts: string[] = [];
  const result = await connection.stream(sql);
  for (
    let chunk = await result.fetchChunk();
    chunk && chunk.rowCount > 0;
    chunk = await result.fetchChunk()
  ) {
    for (const text of chunk.getColumnValues(0)) texts.push(text as string);
  }
  return texts;
}

async function fillInteractions(into: RawInteractions, result: DuckDBResult): Promise<void> {
  let row = 0;
  for (
    let chunk = await result.fetchChunk();
    chunk && chunk.rowCount > 0;
    chunk = await result.fetchChunk()
  ) {
    const users = chunk.getColumnVector(0);
    const items = chunk.getColumnVector(1);
    const times = chunk.getColumnVector(2);
    for (let i = 0; i < chunk.rowCount; i++, row++) {
      into.users[row] = users.getItem(i) as number;
      into.items[row] = items.getItem(i) as number;
      into.times[row] = times.getItem(i) as number;
    }
  }
}
