import type { DuckDBConnection, DuckDBDataChunk } from '@duckdb/node-api';
import type { DatasetConfig } from '../config/schema';
import type { RawInteractions } from './arrangeInteractions';
import type { ColumnPick } from './dataFile';
import { DatasetError } from './datasetError';
import { chunksOf, datasetErrorFrom, readRows, sqlString } from './duckDb';
import { hasLabels } from '../options/hasLabels';
import { impressionRows } from './impressionLists';
import { listRows } from './itemLists';
import { badLabel, contradictingLabels, labelValue, requireBothLabels, unnamedLabels } from './labelColumn';
import { DOUBTFUL_IDS, presentNumber, presentText } from './missingValues';
import type { OpenedSource } from './openSource';
import { checkOrder } from './queryOrder';
import { readEntityTable, type EntityTable } from './readEntityTable';
import { firstValue, labelOf, selectFrom, type RowSource } from './rowSource';
import { findTimeText, type TimeText } from './timeText';
import { findTimeUnit } from './timeUnit';
import { countOf } from '../protocol/countOf';
import { percent } from '../protocol/percent';
import { thousands } from '../protocol/thousands';
import { BEFORE_ALL, PARTS } from '../splits/splitter';
import { partOf, requireParts } from './givenParts';

export interface ReadResult {
  interactions: RawInteractions;
  /** The tables of items and users, joined to the ids; null without one. */
  itemTable: EntityTable | null;
  userTable: EntityTable | null;
  /** Rows of the source that were left out, by reason. */
  dropped: { emptyIds: number; missingTimes: number; rating: number; missingLabels?: number };
  /** Rows of the source. */
  numRows: number;
  /** Sentences about what looks odd. */
  warnings: string[];
}

/**
 * Reads the source through DuckDB: ids become indices in the order of the ids' UTF-8 bytes, rows without an id, a time or a
 * label, or below the least rating, are left out and counted. `times` holds what orders a user's interactions: seconds since
 * 1970, or the row number where the config names no time column.
 * Throws a DatasetError for values that are no numbers, dates or labels, for times of several units, and when no rows are left.
 */
export async function readInteractions(
  connection: DuckDBConnection,
  opened: OpenedSource,
  config: DatasetConfig,
): Promise<ReadResult> {
  const { source } = opened.interactions;
  const { columns, minRating, missing } = config;
  const picks = interactionPicks(config);

  let select = selectFrom(source, picks);
  // Lists have an order of their own.
  const areLists = columns.items !== undefined && columns.impressions === undefined;
  const warnings =
    columns.timestamp === null && !areLists && source.kind === 'query'
      ? await checkOrder(connection, select, source.field)
      : [];
  const rating = valueOf('rating_text', RATING, missing);
  let time = 'NULL::DOUBLE';
  let timeText: TimeText | null = null;
  const areLabeled = hasLabels(config);
  const isShown = columns.impressions !== undefined;
  try {
    const others = [
      ...['rating_text', 'part_text', 'time_text'].filter((name) => picks[name] !== undefined),
      ...(config.split.type === 'files' ? ['part'] : []),
    ];
    if (picks.time_text) {
      timeText = await findTimeText(connection, select, config, columns.timestamp!);
      time = valueOf('time_text', timeText.number, missing);
      warnings.push(...timeText.warnings);
    }
    if (isShown || areLists) {
      const lists = isShown
        ? await impressionRows(connection, {
            ...{ select, source, pick: picks.impression_list!, time, others, missing },
            hasHistory: picks.item_list !== undefined,
          })
        : await listRows(connection, select, others);
      select = lists.sql;
      warnings.push(...lists.warnings);
    }
    const part = partOf(config);
    await connection.run(
      `CREATE TEMP TABLE source AS SELECT ${presentText('user_id', missing)} AS user_id, ${presentText('item_id', missing)} AS item_id,
         ${time} AS time, ${timeText?.isDate ?? 'false'} AS is_date,
         ${picks.rating_text ? rating : 'NULL::DOUBLE'} AS rating, ${labelValue(config)} AS label,
         ${isShown ? 'impression' : picks.impression_text ? presentText('impression_text', missing) : 'NULL::VARCHAR'} AS impression,
         ${isShown ? 'history' : 'NULL::BIGINT'} AS history, ${isShown ? 'row' : 'NULL::BIGINT'} AS list_row,
         ${isShown ? `CASE WHEN history IS NULL THEN ${part} ELSE ${PARTS.training} END` : part} AS part FROM (${select})`,
    );
  } catch (error) {
    throw datasetErrorFrom(error, labelOf(source));
  }

  const hasIds = '(user_id IS NOT NULL AND item_id IS NOT NULL)';
  const hasTime = picks.time_text ? '(time IS NOT NULL OR history IS NOT NULL)' : 'true';
  const isRated = minRating === null ? 'true' : `coalesce(rating >= ${minRating}, false)`;
  const isLabeled = areLabeled ? '(label IS NOT NULL)' : 'true';
  const [counts] = await readRows(
    connection,
    `SELECT count(*), count(*) FILTER (${hasIds}), count(*) FILTER (${hasIds} AND ${hasTime}),
            count(*) FILTER (${hasIds} AND ${hasTime} AND ${isRated}),
            count(*) FILTER (${hasIds} AND ${hasTime} AND ${isRated} AND ${isLabeled}),
            bool_or(isnan(time)), bool_or(isnan(rating)), bool_or(isnan(label))
     FROM source`,
  );
  const [numRows, withIds, withTimes, withRatings, kept] = counts!.slice(0, 5).map(Number) as [
    number,
    number,
    number,
    number,
    number,
  ];
  const badValue = async (name: 'time_text' | 'rating_text', value: string, expected: string) => {
    const { where } = await firstValue(connection, source, name, picks[name]!, `isnan(${value})`);
    return new DatasetError(
      'dataset/not-a-number',
      `${where}, expected ${expected}. Correct the value, name another column in \`${picks[name]!.field}\`, ` +
        'list it in `dataset.missing` if it marks a missing value, or leave such rows out with `dataset.query`.',
    );
  };
  if (counts![5] === true) throw await badValue('time_text', time, timeText!.expected);
  if (counts![6] === true) throw await badValue('rating_text', rating, 'a number');
  if (counts![7] === true) throw await badLabel(connection, source, picks.label_text!, missing);
  const dropped = {
    emptyIds: numRows - withIds,
    missingTimes: withIds - withTimes,
    rating: withTimes - withRatings,
    // Of data with labels.
    ...(areLabeled && { missingLabels: withRatings - kept }),
  };
  if (kept === 0) throw nothingRead(source, numRows, dropped, config);

  if (config.split.type === 'column') await requireParts(connection, source, config.split, picks.part_text!);
  await connection.run(
    `CREATE TEMP VIEW kept AS SELECT *, rowid AS row FROM source WHERE ${hasIds} AND ${hasTime} AND ${isRated} AND ${isLabeled}`,
  );
  if (areLabeled) {
    await requireBothLabels(connection, source, config);
    warnings.push(...(await contradictingLabels(connection, config)));
  }
  let order = 'CAST(coalesce(list_row, row) AS DOUBLE)';
  if (picks.time_text && timeText) {
    const unit = await findTimeUnit(connection, 'kept', columns.timestamp!);
    if (unit.foreign) {
      const { condition, explain } = unit.foreign;
      const odd = `(SELECT ${condition} FROM (SELECT ${time} AS time, ${timeText.isDate} AS is_date))`;
      const { where, text } = await firstValue(connection, source, 'time_text', picks.time_text, odd);
      throw new DatasetError(
        'dataset/bad-time',
        `${where}, ${explain(Number(text))} Expected one unit: times of different units would put interactions in a wrong order. ` +
          'Correct them, write them as dates, or leave them out with `dataset.query`.',
      );
    }
    warnings.push(...unit.warnings);
    order = unit.seconds;
  }
  if (picks.impression_list && picks.item_list) {
    const [first] = await readRows(connection, `SELECT min(${order}) FROM kept WHERE history IS NULL`);
    order = `CASE WHEN history IS NULL THEN ${order} ELSE ${Number(first![0])} + history END`;
    if (picks.time_text) {
      warnings.push(
        `The items in \`${columns.items!}\` have no times: they count as one second apart, just before the first impression of all.`,
      );
    }
  }
  for (const name of ['user', 'item'] as const) {
    await connection.run(
      `CREATE TEMP TABLE ${name}s AS SELECT ${name}_id, CAST(row_number() OVER (ORDER BY ${name}_id) - 1 AS UINTEGER) AS ${name}
       FROM (SELECT DISTINCT ${name}_id FROM kept)`,
    );
    warnings.push(
      ...(await doubtfulIds(
        connection,
        name,
        name === 'item' ? (columns.items ?? columns.item) : columns.user,
        kept,
      )),
    );
  }
  const interactions: RawInteractions = {
    userIds: await readTexts(connection, 'SELECT user_id FROM users ORDER BY "user"'),
    itemIds: await readTexts(connection, 'SELECT item_id FROM items ORDER BY item'),
    users: new Uint32Array(kept),
    items: new Uint32Array(kept),
    times: new Float64Array(kept),
    parts: partOf(config) === 'NULL' ? null : new Uint8Array(kept),
    labels: areLabeled ? new Uint8Array(kept) : null,
    impressions: isShown || picks.impression_text ? new Uint32Array(kept) : null,
  };
  const impression = await numberImpressions(connection, interactions.impressions !== null);
  await fillInteractions(
    interactions,
    chunksOf(
      connection,
      `SELECT "user", item, ${order}, CAST(part AS UTINYINT), CAST(label AS UTINYINT), CAST(${impression.number} AS UINTEGER)
       FROM kept JOIN users USING (user_id) JOIN items USING (item_id) ${impression.join}`,
    ),
  );
  warnings.push(...impression.warnings, ...(await unnamedLabels(connection, source, config)));
  const { items, users } = config;
  const itemTable =
    opened.items && items
      ? await readEntityTable(connection, opened.items.source, {
          of: 'items',
          title: undefined,
          ...items,
          missing: items.missing ?? missing,
        })
      : null;
  const userTable =
    opened.users && users
      ? await readEntityTable(connection, opened.users.source, {
          of: 'users',
          title: null,
          ...users,
          missing: users.missing ?? missing,
        })
      : null;
  return { interactions, itemTable, userTable, dropped, numRows, warnings };
}

/** The columns of the interactions that are read, by what they are called in SQL. */
export function interactionPicks({
  columns,
  minRating,
  positiveRating,
  split,
}: Pick<DatasetConfig, 'columns' | 'minRating' | 'positiveRating' | 'split'>): Record<string, ColumnPick> {
  const pick = (name: keyof typeof columns): ColumnPick => ({
    column: columns[name]!,
    field: `dataset.columns.${name}`,
  });
  const picks: Record<string, ColumnPick> = { user_id: pick('user') };
  if (columns.items !== undefined) picks.item_list = pick('items');
  if (columns.impressions !== undefined) picks.impression_list = pick('impressions');
  else if (columns.items === undefined) picks.item_id = pick('item');
  if (columns.timestamp !== null) picks.time_text = pick('timestamp');
  // The config schema sees to it that these come with a rating column.
  if (minRating !== null || positiveRating !== undefined) picks.rating_text = pick('rating');
  if (columns.label !== undefined) picks.label_text = pick('label');
  if (columns.impression !== undefined) picks.impression_text = pick('impression');
  if (split.type === 'column') picks.part_text = { column: split.name, field: 'dataset.split.name' };
  return picks;
}

const RATING = 'TRY_CAST(rating_text AS DOUBLE)';

/**
 * SQL that makes a number of a text: NULL for a missing value, NaN for one that cannot be read. Infinite values count as
 * unreadable, because nothing sensible can be done with them.
 */
function valueOf(text: string, number: string, missing: readonly string[]): string {
  return `CASE WHEN ${presentNumber(text, missing)} IS NOT NULL THEN CASE WHEN isfinite(${number}) THEN ${number} ELSE 'NaN'::DOUBLE END END`;
}

/** SQL for the number of a row's impression: one without an id is of its own. */
async function numberImpressions(
  connection: DuckDBConnection,
  hasImpressions: boolean,
): Promise<{ number: string; join: string; warnings: string[] }> {
  if (!hasImpressions) return { number: 'NULL', join: '', warnings: [] };
  await connection.run(
    `CREATE TEMP TABLE impressions AS SELECT user_id, impression, row_number() OVER (ORDER BY user_id, impression) - 1 AS number
     FROM (SELECT DISTINCT user_id, impression FROM kept WHERE impression IS NOT NULL)`,
  );
  const [counted] = await readRows(
    connection,
    `SELECT count(*) FILTER (impression IS NULL AND history IS NULL), (SELECT count(*) FROM impressions) FROM kept`,
  );
  const [without, known] = counted!.map(Number) as [number, number];
  return {
    number: `CASE WHEN history IS NULL THEN coalesce(impressions.number, ${known} + row) ELSE ${BEFORE_ALL} END`,
    join: 'LEFT JOIN impressions USING (user_id, impression)',
    warnings:
      without === 0
        ? []
        : [
            `${countOf(without, 'row')} ${without === 1 ? 'names' : 'name'} no impression; each counts as an impression of its own.`,
          ],
  };
}

/** Names ids that look as if a program had written them for want of one, and those that it wrote as `7.0` and as `7`. */
async function doubtfulIds(
  connection: DuckDBConnection,
  name: 'user' | 'item',
  column: string,
  numRows: number,
): Promise<string[]> {
  const doubtful = DOUBTFUL_IDS.map(sqlString).join(', ');
  const found = await readRows(
    connection,
    `SELECT ${name}_id, count(*) FROM kept WHERE ${name}_id IN (SELECT ${name}_id FROM ${name}s WHERE lower(trim(${name}_id)) IN (${doubtful}))
     GROUP BY 1 ORDER BY 1`,
  );
  const whole = `regexp_replace(${name}_id, '\\.0$', '')`;
  const [twice] = await readRows(
    connection,
    `SELECT count(*), min(${name}_id) FROM ${name}s WHERE regexp_matches(${name}_id, '^-?\\d+\\.0$') AND ${whole} IN (SELECT ${name}_id FROM ${name}s)`,
  );
  const [numTwice, example] = [Number(twice![0]), String(twice![1])];
  const warnings =
    numTwice === 0
      ? []
      : [
          `${countOf(numTwice, `${name} id`)} of \`${column}\` ${numTwice === 1 ? 'is' : 'are'} written in two ways, such as \`${example}\` and \`${example.slice(0, -2)}\`, and ${numTwice === 1 ? 'counts' : 'count'} as two ${name}s${numTwice === 1 ? '' : ' each'}. ` +
            'Write them alike: dataframes add the `.0` where an id is missing.',
        ];
  const doubts = found.map(
    ([id, count]) =>
      `The ${name} id \`${String(id)}\` appears in ${thousands(Number(count))} of ${countOf(numRows, 'row')} ` +
      `(${percent(Number(count) / numRows)}) of \`${column}\`, and counts as a ${name}. If it marks a missing id, list it in \`dataset.missing\`.`,
  );
  return [...doubts, ...warnings];
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
    (dropped.missingLabels ?? 0) > 0 ? `${dropped.missingLabels} without a label` : '',
  ].filter((reason) => reason !== '');
  return new DatasetError(
    'dataset/nothing-left',
    `${label}: none of its ${countOf(numRows, 'row')} can be used: ${reasons.join(', ')}. Check \`dataset.columns\` and \`dataset.minRating\`.`,
  );
}

async function readTexts(connection: DuckDBConnection, sql: string): Promise<string[]> {
  const texts: string[] = [];
  for await (const chunk of chunksOf(connection, sql)) {
    for (const text of chunk.getColumnValues(0)) texts.push(text as string);
  }
  return texts;
}

async function fillInteractions(
  into: RawInteractions,
  chunks: AsyncIterable<DuckDBDataChunk>,
): Promise<void> {
  let row = 0;
  for await (const chunk of chunks) {
    const users = chunk.getColumnVector(0);
    const items = chunk.getColumnVector(1);
    const times = chunk.getColumnVector(2);
    const parts = chunk.getColumnVector(3);
    const labels = chunk.getColumnVector(4);
    const impressions = chunk.getColumnVector(5);
    for (let i = 0; i < chunk.rowCount; i++, row++) {
      into.users[row] = users.getItem(i) as number;
      into.items[row] = items.getItem(i) as number;
      into.times[row] = times.getItem(i) as number;
      if (into.parts) into.parts[row] = parts.getItem(i) as number;
      if (into.labels) into.labels[row] = labels.getItem(i) as number;
      if (into.impressions) into.impressions[row] = impressions.getItem(i) as number;
    }
  }
}
