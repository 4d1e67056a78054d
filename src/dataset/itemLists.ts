import type { DuckDBConnection } from '@duckdb/node-api';
import { readRows, sqlString } from './duckDb';
import { separatorName } from './separatorName';
import { countOf, countOfAll } from '../protocol/countOf';

/** Rows of users and items made of rows of users and lists. */
export interface ListRows {
  /** SQL with the columns `user_id`, `item_id` and those of the rows of lists, in the order of the lists. */
  sql: string;
  warnings: string[];
}

const SEPARATORS = ['|', ';', ',', ' ', '\t'];

/**
 * Takes lists of items apart. `select` gives `user_id`, `item_list` and some other columns: lists as JSON, or as texts
 * with a separator, which is told by the first of them. Lists that a user has twice count once, as in MIND, which
 * repeats a user's history with each impression; other lists of a user follow each other in the order of the rows.
 * @param others names of the other columns: `rating_text`, `part_text`, `part`
 */
export async function listRows(
  connection: DuckDBConnection,
  select: string,
  others: readonly string[],
): Promise<ListRows> {
  const columns = others.map((name) => `, ${name}`).join('');
  // What is in another part is not the same list.
  const apart = others
    .filter((name) => name !== 'rating_text')
    .map((name) => `, ${name}`)
    .join('');
  await connection.run(
    `CREATE TEMP TABLE lists AS SELECT user_id, item_list${columns}, row_number() OVER () AS row FROM (${select})`,
  );
  const [counted] = await readRows(
    connection,
    `SELECT count(*), count(DISTINCT (user_id, item_list${apart})), count(DISTINCT user_id) FROM lists`,
  );
  const [rows, lists, users] = counted!.map(Number) as [number, number, number];
  const { list, separator } = await findListForm(connection, 'lists', 'item_list');
  const warnings: string[] = [];
  if (lists < rows) {
    warnings.push(
      `${countOfAll(rows - lists, rows, 'row', ['repeats', 'repeat'])} a list of the same user; each list counts once.`,
    );
  }
  if (users < lists) {
    warnings.push(
      `${countOf(lists - users, 'list')} ${lists - users === 1 ? 'follows' : 'follow'} an earlier list of the same user, in the order of the rows.`,
    );
  }
  if (separator !== null) warnings.push(`Lists of items were split at ${separatorName(separator)}.`);
  // A row without items stays, so that it is counted among those without an id.
  const sql = `SELECT user_id, unnest(list) AS item_id${columns}, generate_subscripts(list, 1) AS place, row
    FROM (SELECT user_id, CASE WHEN len(list) > 0 THEN list ELSE [''] END AS list${columns}, row
      FROM (SELECT user_id, ${list} AS list, min(row) AS row${apart}${others.includes('rating_text') ? ', min(rating_text) AS rating_text' : ''}
        FROM lists GROUP BY user_id, item_list${apart}))
    ORDER BY row, place`;
  return { sql, warnings };
}

/** How lists are written in a column. */
interface ListForm {
  /** SQL for the list; NULL where the text is none. */
  list: string;
  /** What most are separated by; null where most are in brackets. */
  separator: string | null;
}

/** Finds out how the texts of a table's column are written as lists: JSON, as Python prints them, or separated by the same. */
export async function findListForm(
  connection: DuckDBConnection,
  table: string,
  column: string,
): Promise<ListForm> {
  const counts = SEPARATORS.map(
    (separator) => `count(*) FILTER (contains(${column}, ${sqlString(separator)}))`,
  );
  const [counted] = await readRows(
    connection,
    `SELECT count(*), count(*) FILTER (starts_with(ltrim(${column}), '[')), ${counts.join(', ')} FROM ${table}`,
  );
  const [rows, bracketed, ...separated] = counted!.map(Number) as [number, number];
  const separator = SEPARATORS.find((_, index) => separated[index]! > 0.5 * (rows - bracketed)) ?? ' ';
  const texts = `list_filter(list_transform(string_split(${column}, ${sqlString(separator)}), part -> trim(part)), part -> part <> '')`;
  return {
    list: `CASE WHEN NOT starts_with(ltrim(${column}), '[') THEN ${texts}
      WHEN json_valid(${column}) THEN from_json(${column}, '["VARCHAR"]') ELSE TRY_CAST(${column} AS VARCHAR[]) END`,
    separator: bracketed < 0.5 * rows ? separator : null,
  };
}
