import type { DuckDBConnection } from '@duckdb/node-api';
import { countOf } from '../protocol/countOf';
import { shorten, type ColumnPick } from './dataFile';
import { DatasetError } from './datasetError';
import { readRows } from './duckDb';
import { findListForm, type ListRows } from './itemLists';
import { presentText } from './missingValues';
import { firstValue, type RowSource } from './rowSource';
import { separatorName } from './separatorName';

interface Impressions {
  /** SQL for rows with `user_id`, `impression_list`, the others, and where the config names it `item_list`. */
  select: string;
  source: RowSource;
  pick: ColumnPick;
  /** SQL for the time of a row; NULL where there are none. */
  time: string;
  hasHistory: boolean;
  /** Names of the other columns, such as `time_text`. */
  others: readonly string[];
  missing: readonly string[];
}

const NOT_LABELED = "NOT regexp_full_match(entry, '(?s).+-[01]')";

/**
 * Takes impressions apart: lists of items with their labels, such as `N123-1 N456-0`, become rows with `item_id`,
 * `label_text` and `impression`. What a user took before all impressions, which their first row lists, become rows with a
 * `history` that counts up to −1.
 * @throws DatasetError where a list has an item without its label
 */
export async function impressionRows(
  connection: DuckDBConnection,
  { select, source, pick, time, hasHistory, others, missing }: Impressions,
): Promise<ListRows> {
  const otherColumns = others.map((name) => `, ${name}`).join('');
  await connection.run(
    `CREATE TEMP TABLE lists AS SELECT user_id, ${presentText('impression_list', missing)} AS impression_list${otherColumns},
       ${hasHistory ? presentText('item_list', missing) : 'NULL::VARCHAR'} AS item_list, ${time} AS list_time, row_number() OVER () AS row
     FROM (${select})`,
  );
  const { list, separator } = await findListForm(connection, 'lists', 'impression_list');
  await requireLabels(connection, { list, source, pick, separator });
  const warnings: string[] = [];
  if (separator !== null && separator !== ' ')
    warnings.push(`Impressions were split at ${separatorName(separator)}.`);
  // Impressions of one user and time are told apart by what is in them, and not by the order of the rows.
  const shown = `SELECT user_id, regexp_replace(entry, '-[01]$', '') AS item_id, nullif(right(entry, 1), '') AS label_text,
      CAST(impression AS VARCHAR) AS impression, NULL::BIGINT AS history, row${otherColumns}
    FROM (SELECT user_id, unnest(CASE WHEN len(list) > 0 THEN list ELSE [''] END) AS entry, impression, row${otherColumns}
      FROM (SELECT user_id, ${list} AS list, row_number() OVER (ORDER BY user_id, list_time, impression_list, row) AS impression,
        row${otherColumns} FROM lists))`;
  if (!hasHistory) return { sql: shown, warnings };
  const [changed] = await readRows(
    connection,
    `SELECT count(*) FROM (SELECT 1 FROM lists GROUP BY user_id HAVING count(DISTINCT item_list) > 1)`,
  );
  const numChanged = Number(changed![0]);
  if (numChanged > 0) {
    warnings.push(
      `The histories in \`${pick.field.replace('impressions', 'items')}\` of ${countOf(numChanged, 'user')} change from row to row; the earliest is used. ` +
        'Later clicks are those of the impressions.',
    );
  }
  const form = await findListForm(connection, 'lists', 'item_list');
  const none = others.map((name) => `, NULL AS ${name}`).join('');
  const history = `SELECT user_id, unnest(list) AS item_id, '1' AS label_text, NULL AS impression,
      generate_subscripts(list, 1) - len(list) - 1 AS history, 0 AS row${none}
    FROM (SELECT user_id, ${form.list} AS list FROM lists
      QUALIFY row_number() OVER (PARTITION BY user_id ORDER BY list_time NULLS LAST, row) = 1)
    WHERE len(list) > 0`;
  return { sql: `${shown} UNION ALL ${history}`, warnings };
}

async function requireLabels(
  connection: DuckDBConnection,
  {
    list,
    source,
    pick,
    separator,
  }: Pick<Impressions, 'source' | 'pick'> & { list: string; separator: string | null },
): Promise<void> {
  const bad = `list_filter(${list}, entry -> ${NOT_LABELED})`;
  const [found] = await readRows(
    connection,
    `SELECT ${bad}[1] FROM lists WHERE len(${bad}) > 0 ORDER BY row LIMIT 1`,
  );
  if (!found) return;
  const { where } = await firstValue(connection, source, 'impression_list', pick, `len(${bad}) > 0`);
  throw new DatasetError(
    'dataset/bad-label',
    `${where}, and \`${shorten(String(found[0]))}\` in it is not an item with its label. Expected a list such as \`N123-1 N456-0\`` +
      `${separator === null ? '' : `, separated by ${separatorName(separator)}`}. Impressions without labels, such as those of a test set that is kept secret, cannot be used: leave them out.`,
  );
}
