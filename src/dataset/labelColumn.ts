import type { DuckDBConnection } from '@duckdb/node-api';
import type { DatasetConfig } from '../config/schema';
import { hasLabels } from '../options/hasLabels';
import { countOf } from '../protocol/countOf';
import { thousands } from '../protocol/thousands';
import type { ColumnPick } from './dataFile';
import { DatasetError } from './datasetError';
import { readRows, sqlName, sqlString } from './duckDb';
import { presentNumber } from './missingValues';
import { findColumn, RECBOLE_TYPE } from './resolveColumn';
import { columnNames, firstValue, labelOf, selectFrom, type RowSource } from './rowSource';

type LabelConfig = Pick<DatasetConfig, 'columns' | 'positiveRating' | 'missing'>;

/**
 * SQL for the label of a row with `label_text` or `rating`: 1 or 0, NULL where it is missing, NaN where it is neither; and NULL
 * for all rows of data without labels.
 */
export function labelValue({ columns, positiveRating, missing }: LabelConfig): string {
  if (columns.impressions !== undefined) return 'CAST(label_text AS DOUBLE)';
  if (columns.label !== undefined) return labelOfText(missing);
  return positiveRating === undefined
    ? 'NULL::DOUBLE'
    : `CASE WHEN isnan(rating) THEN NULL ELSE CAST(rating >= ${positiveRating} AS DOUBLE) END`;
}

function labelOfText(missing: readonly string[]): string {
  const text = presentNumber('label_text', missing);
  const number = 'TRY_CAST(label_text AS DOUBLE)';
  return `CASE WHEN ${text} IS NULL THEN NULL WHEN ${number} IN (0, 1) THEN ${number} WHEN lower(trim(label_text)) = 'true' THEN 1
    WHEN lower(trim(label_text)) = 'false' THEN 0 ELSE 'NaN'::DOUBLE END`;
}

/** What is wrong with the first label that is none. */
export async function badLabel(
  connection: DuckDBConnection,
  source: RowSource,
  pick: ColumnPick,
  missing: readonly string[],
): Promise<DatasetError> {
  const { where } = await firstValue(
    connection,
    source,
    'label_text',
    pick,
    `isnan(${labelOfText(missing)})`,
  );
  return new DatasetError(
    'dataset/bad-label',
    `${where}, expected 1 or 0, or true or false. For ratings, name the column in \`dataset.columns.rating\` and set ` +
      `\`dataset.positiveRating\`; else correct the value, list it in \`dataset.missing\` if it marks a missing label, or name another column in \`${pick.field}\`.`,
  );
}

/** @throws DatasetError where all rows of the view `kept` have one label: there is nothing to tell apart */
export async function requireBothLabels(
  connection: DuckDBConnection,
  source: RowSource,
  { columns, positiveRating }: LabelConfig,
): Promise<void> {
  const [counted] = await readRows(
    connection,
    'SELECT count(*) FILTER (label = 1), count(*) FILTER (label = 0), min(rating), max(rating) FROM kept WHERE history IS NULL',
  );
  const [clicks, others] = counted!.map(Number) as [number, number];
  if (clicks > 0 && others > 0) return;
  const fail = (message: string) => new DatasetError('dataset/one-label', `${labelOf(source)}: ${message}`);
  if (positiveRating !== undefined) {
    const range = `ratings are from ${String(counted![2])} to ${String(counted![3])}`;
    throw fail(
      clicks === 0
        ? `no rating is at least \`dataset.positiveRating\` (${positiveRating}); ${range}. Lower it.`
        : `all ratings are at least \`dataset.positiveRating\` (${positiveRating}); ${range}. Raise it, or remove it: each row is an interaction then.`,
    );
  }
  const column = columns.label ?? columns.impressions ?? '';
  throw fail(
    clicks === 0
      ? `all ${thousands(others)} labels in \`${column}\` are 0, expected 1 for what users took. Name another column.`
      : `all ${thousands(clicks)} labels in \`${column}\` are 1, expected 0 for what users were shown and did not take. ` +
          'Name another column, or remove the label from the config: each row is an interaction then.',
  );
}

/** Names rows of what was shown together that say both of the same item. */
export async function contradictingLabels(
  connection: DuckDBConnection,
  { columns }: LabelConfig,
): Promise<string[]> {
  const together = columns.impression !== undefined || columns.impressions !== undefined;
  if (!together && columns.timestamp === null) return [];
  const [counted] = await readRows(
    connection,
    `SELECT count(*) FROM (SELECT 1 FROM kept WHERE ${together ? 'impression' : 'time'} IS NOT NULL
       GROUP BY user_id, item_id, ${together ? 'impression' : 'time'} HAVING count(DISTINCT label) > 1)`,
  );
  const count = Number(counted![0]);
  if (count === 0) return [];
  return [
    `In ${countOf(count, 'case')}, an item is labeled both 1 and 0 for the same user ${together ? 'in the same impression' : 'at the same time'}; both count.`,
  ];
}

/** How columns of labels are mostly called. */
const USUAL_LABELS = ['label', 'labels', 'click', 'clicked', 'is_click', 'is_clicked', 'clicks'];

/** Says where the source has labels that the config does not name: rows of what users did not take would count as taken. */
export async function unnamedLabels(
  connection: DuckDBConnection,
  source: RowSource,
  config: LabelConfig & Pick<DatasetConfig, 'split'>,
): Promise<string[]> {
  if (hasLabels(config)) return [];
  const names = columnNames(source);
  const bare = (column: string) => column.replace(RECBOLE_TYPE, '');
  const { columns, split } = config;
  const used = [...Object.values(columns), split.type === 'column' ? split.name : null]
    .filter((name) => typeof name === 'string')
    .map((name) => names.columns[findColumn(names, name)]);
  const isFree = (column: string) => !used.includes(column);
  const matching = async (column: string, condition: string): Promise<boolean> => {
    const picks = { label_text: { column, field: 'dataset.columns.label' } };
    const head = `SELECT label_text FROM (${selectFrom(source, picks)}) LIMIT 100000`;
    const [found] = await readRows(connection, `SELECT ${condition} FROM (${head})`);
    return found![0] === true;
  };
  const label = names.columns.find((name) => USUAL_LABELS.includes(bare(name).toLowerCase()) && isFree(name));
  const value = labelOfText(config.missing);
  if (
    label !== undefined &&
    (await matching(label, `count(DISTINCT ${value}) = 2 AND NOT bool_or(isnan(${value}))`))
  ) {
    return [
      `The column \`${bare(label)}\` seems to say what users took (1) and what they were only shown (0), but the config does not name it: each row counts as taken. ` +
        `Name it in \`dataset.columns.label\`, or keep the rows with a 1 alone by \`dataset.query\`, with WHERE ${sqlName(label)} = 1.`,
    ];
  }
  const shown = names.columns.find((name) => bare(name).toLowerCase() === 'impressions' && isFree(name));
  const form = sqlString('^\\S+-[01](\\s+\\S+-[01])*\\s*$');
  if (shown === undefined || !(await matching(shown, `bool_and(regexp_matches(label_text, ${form}))`)))
    return [];
  return [
    `The column \`${bare(shown)}\` seems to hold what users were shown, with what they took of it, but the config does not name it, so it is not read. ` +
      'Name it in `dataset.columns.impressions`.',
  ];
}
