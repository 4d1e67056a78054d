import type { DuckDBConnection } from '@duckdb/node-api';
import { DatasetError } from './datasetError';
import { readRows, sqlString } from './duckDb';

/**
 * Table functions that a query may name: they read files or make rows. There are others that write (`enable_logging` makes log
 * files, and `lock_configuration` does not keep it from that) or that run text as a query (`query`), and every version of
 * DuckDB brings new ones.
 */
const TABLE_FUNCTIONS: readonly string[] = [
  ...['read_csv', 'read_csv_auto', 'sniff_csv'],
  ...['read_json', 'read_json_auto', 'read_json_objects', 'read_json_objects_auto'],
  ...['read_ndjson', 'read_ndjson_auto', 'read_ndjson_objects'],
  ...['read_parquet', 'parquet_scan', 'parquet_schema', 'parquet_metadata', 'parquet_file_metadata'],
  ...['read_text', 'read_blob', 'glob'],
  ...['range', 'generate_series', 'unnest', 'repeat', 'repeat_row', 'json_each', 'json_tree'],
  ...['summary', 'histogram', 'histogram_values'],
];

/**
 * Makes sure that a query of a config only reads: it is one SELECT, and what stands in its FROM clauses are files, or functions
 * that are known to do nothing else. Only parses it, and returns the parsed query. Throws what DuckDB says of text that is no SQL.
 * @param field what the config calls it, such as `dataset.query`
 * @throws DatasetError
 */
export async function checkQuery(
  connection: DuckDBConnection,
  query: string,
  field: string,
): Promise<object> {
  const { count } = await connection.extractStatements(query);
  if (count !== 1) {
    throw new DatasetError('dataset/bad-query', `\`${field}\` has ${count} statements, expected one SELECT.`);
  }
  const [[tree] = []] = await readRows(connection, `SELECT json_serialize_sql(${sqlString(query)}::VARCHAR)`);
  const parsed = JSON.parse(String(tree)) as { error: boolean; error_message?: string };
  if (parsed.error) {
    throw new DatasetError(
      'dataset/bad-query',
      `\`${field}\` cannot run: it is not a SELECT statement, or its columns depend on the data. Expected one SELECT statement, which only reads.`,
    );
  }
  const refused = tableFunctions(parsed).find((name) => !TABLE_FUNCTIONS.includes(name.toLowerCase()));
  if (refused !== undefined) {
    throw new DatasetError(
      'dataset/bad-query',
      `\`${field}\` may not use the table function \`${refused}\`. A query only reads: with ${TABLE_FUNCTIONS.slice(0, 4).join(', ')}, read_parquet and similar functions.`,
    );
  }
  return parsed;
}

/** All nodes of a parsed query, in no order. */
export function nodesOf(tree: object): Record<string, unknown>[] {
  const nodes: Record<string, unknown>[] = [];
  const waiting: unknown[] = [tree];
  while (waiting.length > 0) {
    const node = waiting.pop();
    if (typeof node !== 'object' || node === null) continue;
    if (!Array.isArray(node)) nodes.push(node as Record<string, unknown>);
    for (const part of Object.values(node) as unknown[]) waiting.push(part);
  }
  return nodes;
}

/** Names of the functions in FROM clauses, wherever they stand in a parsed query. */
function tableFunctions(tree: object): string[] {
  return nodesOf(tree)
    .filter(({ type }) => type === 'TABLE_FUNCTION')
    .map((node) => functionName(node));
}

function functionName(node: object): string {
  const { function: called } = node as { function?: { function_name?: unknown } };
  return String(called?.function_name);
}
