import type { DuckDBConnection } from '@duckdb/node-api';
import { readRows, sqlString } from './duckDb';
import { nodesOf } from './checkQuery';

/** Words of SQL that are written like columns. */
const MOMENTS = ['current_date', 'current_time', 'current_timestamp', 'localtime', 'localtimestamp'];
const READS_FILES = /^(read_|parquet_|sniff_|glob$)/;

/**
 * Why nobody can tell from the content of the files that a query names whether its result would be the same: it asks for the
 * time, for chance, or for files by an expression. Null where its files decide. `tree` is the parsed query.
 */
export async function whyUnstable(connection: DuckDBConnection, tree: object): Promise<string | null> {
  const nodes = nodesOf(tree);
  const called = nodes.flatMap(({ type, function_name: name }) =>
    type === 'FUNCTION' && typeof name === 'string' ? name.toLowerCase() : [],
  );
  const unstable = await unstableFunctions(connection, new Set(called));
  for (const node of nodes) {
    const { type, function_name: name, column_names: names, sample, function: source } = node;
    if (type === 'FUNCTION' && typeof name === 'string' && unstable.has(name.toLowerCase()))
      return `it calls \`${name}()\``;
    const moment = Array.isArray(names) && names.length === 1 ? String(names[0]).toLowerCase() : '';
    if (type === 'COLUMN_REF' && MOMENTS.includes(moment)) return `it asks for \`${moment}\``;
    if (typeof sample === 'object' && sample !== null) return 'it draws a sample';
    if (type !== 'TABLE_FUNCTION' || typeof source !== 'object' || source === null) continue;
    const { function_name: reader, children } = source as { function_name: string; children: unknown[] };
    if (READS_FILES.test(reader.toLowerCase()) && !isConstant(children[0]))
      return `it names the files of \`${reader}\` by an expression`;
  }
  return null;
}

/** Those whose results change from call to call or from query to query, directly or as macros. */
async function unstableFunctions(connection: DuckDBConnection, names: Set<string>): Promise<Set<string>> {
  if (names.size === 0) return names;
  const rows = await readRows(
    connection,
    `SELECT DISTINCT function_name FROM duckdb_functions() WHERE function_name IN (${[...names].map(sqlString).join(', ')})
     AND (stability <> 'CONSISTENT' OR (function_type IN ('macro', 'table_macro')
       AND regexp_matches(macro_definition, '\\b(current_(timestamp|date|time)|now|random)\\b')))`,
  );
  return new Set(rows.map(([name]) => String(name)));
}

/** Whether a query reads text files, whose types DuckDB guesses. */
export function readsDelimitedText(tree: object): boolean {
  return nodesOf(tree).some(
    ({ type, function: called, table_name: table }) =>
      (type === 'TABLE_FUNCTION' &&
        /^read_csv/i.test(String((called as { function_name?: unknown } | null)?.function_name))) ||
      (type === 'BASE_TABLE' && /\.(csv|tsv|txt)(\.\w+)?$/i.test(String(table))),
  );
}

/** A text, or a list of texts. */
function isConstant(node: unknown): boolean {
  if (typeof node !== 'object' || node === null) return false;
  const { type, function_name: name, children } = node as Record<string, unknown>;
  if (type === 'FUNCTION' && name === 'list_value' && Array.isArray(children))
    return children.every(isConstant);
  return type === 'VALUE_CONSTANT';
}

/** Starts to note the files that DuckDB opens. */
export async function noteOpenedFiles(connection: DuckDBConnection): Promise<void> {
  await connection.run("CALL enable_logging('FileSystem')");
}

/** The files that DuckDB has opened since {@link noteOpenedFiles}, without those of its own. */
export async function openedFiles(connection: DuckDBConnection): Promise<string[]> {
  const rows = await readRows(
    connection,
    `SELECT DISTINCT path FROM duckdb_logs_parsed('FileSystem')
     WHERE op = 'OPEN' AND NOT contains(path, 'duckdb_temp_storage') ORDER BY path`,
  );
  return rows.map(([path]) => String(path));
}
