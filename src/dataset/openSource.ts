import { isAbsolute, join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { DatasetConfig } from '../config/schema';
import { findFiles, inspectFile, type DataFile } from './dataFile';
import { DatasetError } from './datasetError';
import { escapeGlob, readRows, sqlString } from './duckDb';
import type { InteractionSource } from './readInteractions';

/** What a config reads, found and looked at, but not read yet. */
export interface OpenedSource {
  interactions: InteractionSource;
  /** The tables of items and users, where the config names them. */
  tables: { items: DataFile | null; users: DataFile | null };
  /** Files whose content decides the result, in the order in which they are read; for a query, those it names in quotes. */
  files: string[];
  warnings: string[];
}

/** Finds the files of a config and their columns, or checks its query. Throws a DatasetError. */
export async function openSource(
  connection: DuckDBConnection,
  config: DatasetConfig,
  baseDirectory: string,
): Promise<OpenedSource> {
  const tables = {
    items: await openTable(connection, config, 'items', baseDirectory),
    users: await openTable(connection, config, 'users', baseDirectory),
  };
  if (config.query !== undefined) {
    const query = config.query.trim().replace(/;+$/, '');
    const types = await describeQuery(connection, query, baseDirectory);
    const files = await filesOfQuery(connection, query, baseDirectory);
    const interactions: InteractionSource = { kind: 'query', query, columns: [...types.keys()] };
    return { interactions, tables, files, warnings: lostZeros(types, files, config) };
  }
  const paths = await findFiles(connection, config.path ?? [], baseDirectory);
  const files: DataFile[] = [];
  for (const path of paths) files.push(await inspectFile(connection, path, config.format, baseDirectory));
  return { interactions: { kind: 'files', files }, tables, files: paths, warnings: [] };
}

async function openTable(
  connection: DuckDBConnection,
  config: DatasetConfig,
  of: 'items' | 'users',
  baseDirectory: string,
): Promise<DataFile | null> {
  const pattern = config[of]?.path;
  if (pattern === undefined) return null;
  const [path, ...others] = await findFiles(connection, pattern, baseDirectory);
  if (others.length > 0) {
    throw new DatasetError(
      'dataset/no-match',
      `\`dataset.${of}.path\` (\`${pattern}\`) matches ${others.length + 1} files, expected one.`,
    );
  }
  return inspectFile(connection, path!, 'auto', baseDirectory);
}

/** The columns of the query's result and their types. */
async function describeQuery(
  connection: DuckDBConnection,
  query: string,
  baseDirectory: string,
): Promise<Map<string, string>> {
  if (baseDirectory.includes(',')) {
    throw new DatasetError(
      'dataset/bad-query',
      `The folder of the config file has a comma in its name (${baseDirectory}), which \`dataset.query\` cannot cope with. Rename it, or use \`dataset.path\`.`,
    );
  }
  await connection.run(`SET file_search_path = ${sqlString(baseDirectory)}`);
  try {
    const { count } = await connection.extractStatements(query);
    if (count !== 1) {
      throw new DatasetError(
        'dataset/bad-query',
        `\`dataset.query\` holds ${count} statements, expected one SELECT.`,
      );
    }
    const columns = await readRows(connection, `DESCRIBE ${query}`);
    return new Map(columns.map(([name, type]) => [String(name), String(type)]));
  } catch (error) {
    throw error instanceof Error && !(error instanceof DatasetError) ? queryError(error) : error;
  }
}

/** A query guesses the types of text files' columns, and `007` read as a number is `7`. */
function lostZeros(types: Map<string, string>, files: readonly string[], config: DatasetConfig): string[] {
  if (!files.some((file) => /\.(csv|tsv|tab|txt)(\.gz)?$/i.test(file))) return [];
  return [config.columns.user, config.columns.item]
    .filter((column) => /INT|DOUBLE|DECIMAL/.test(types.get(column) ?? ''))
    .map(
      (column) =>
        `\`dataset.query\` reads the ids in \`${column}\` as numbers, which drops leading zeros. ` +
        "If they matter, read the file with read_csv('…', all_varchar = true).",
    );
}

/** Says what is wrong with the query; an error about a file that it reads comes back as it is. */
function queryError(error: Error): Error {
  const missing = /No files found that match the pattern "(.*)"/.exec(error.message)?.[1];
  if (missing !== undefined) {
    return new DatasetError(
      'dataset/no-match',
      `\`dataset.query\` reads \`${missing}\`, and no file matches it. Paths are relative to the folder of the config file.`,
    );
  }
  const problem = /(?:Parser|Binder|Catalog|Not implemented|Syntax) Error: ([^\n]*)/.exec(error.message)?.[1];
  if (problem === undefined) return error;
  const hint =
    /^(?:Candidate bindings|Did you mean)[^\n]*/m.exec(error.message)?.[0] ??
    'Expected one SELECT statement.';
  return new DatasetError(
    'dataset/bad-query',
    `\`dataset.query\` cannot run: ${problem.replace(/[.!]*$/, '.')} ${hint}`,
  );
}

/** Files that the query names between quotes, as paths or globs. Names put together by an expression are not seen. */
async function filesOfQuery(
  connection: DuckDBConnection,
  query: string,
  baseDirectory: string,
): Promise<string[]> {
  const files = new Set<string>();
  for (const [quoted] of query.matchAll(/'(?:[^']|'')+'|"(?:[^"]|"")+"/g)) {
    const mark = quoted[0]!;
    const pattern = quoted.slice(1, -1).replaceAll(mark + mark, mark);
    const glob = isAbsolute(pattern) ? pattern : join(escapeGlob(baseDirectory), pattern);
    const found = await readRows(connection, `SELECT file FROM glob(${sqlString(glob)})`);
    for (const file of found.map(([name]) => String(name)).sort()) files.add(file);
  }
  return [...files];
}
