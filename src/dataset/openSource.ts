import { isAbsolute, join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { ReadingOptions } from '../config/readingSchema';
import type { DatasetConfig } from '../config/schema';
import { checkQuery } from './checkQuery';
import type { DataFile } from './dataFile';
import { DatasetError } from './datasetError';
import { escapeGlob, readRows, sqlString } from './duckDb';
import { findFiles } from './findFiles';
import { inspectFile } from './inspectFile';
import type { QuerySource, RowSource } from './rowSource';

/** What a config reads, found and looked at, but not read yet. */
export interface OpenedSource {
  interactions: OpenedRows;
  /** The tables of items and users, where the config names them. */
  items: OpenedRows | null;
  users: OpenedRows | null;
  warnings: string[];
}

export interface OpenedRows {
  source: RowSource;
  /** Files whose content decides the result, in the order in which they are read; for a query, those it names in quotes. */
  files: string[];
}

/** Finds the files of a config and their columns, or checks its queries. Throws a DatasetError. */
export async function openSource(
  connection: DuckDBConnection,
  config: DatasetConfig,
  baseDirectory: string,
): Promise<OpenedSource> {
  // From here on nothing can change what DuckDB may do.
  if (!baseDirectory.includes(','))
    await connection.run(`SET file_search_path = ${sqlString(baseDirectory)}`);
  await connection.run('SET lock_configuration = true');
  const { items, users } = config;
  const open = (table: RowsConfig, field: string) => openRows(connection, table, field, baseDirectory);
  const opened = {
    items: items ? await open(items, 'dataset.items') : null,
    users: users ? await open(users, 'dataset.users') : null,
    interactions: await open(config, 'dataset'),
  };
  return { ...opened, warnings: lostZeros(opened.interactions, config) };
}

/** The files of all sources, in the order in which they are read. */
export function filesOf({ interactions, items, users }: OpenedSource): string[] {
  return [interactions, items, users].flatMap((opened) => opened?.files ?? []);
}

type RowsConfig = ReadingOptions & { path?: string | string[] | undefined; query?: string | undefined };

/** `field` is what the config calls the source, such as `dataset.items`. */
async function openRows(
  connection: DuckDBConnection,
  config: RowsConfig,
  field: string,
  baseDirectory: string,
): Promise<OpenedRows> {
  if (config.query !== undefined) {
    const source = await openQuery(connection, config.query, `${field}.query`, baseDirectory);
    return { source, files: await filesOfQuery(connection, source.query, baseDirectory) };
  }
  const { path = [] } = config;
  const paths = await findFiles(connection, path, baseDirectory);
  if (typeof path === 'string' && field !== 'dataset' && paths.length > 1) {
    throw new DatasetError(
      'dataset/no-match',
      `\`${field}.path\` (\`${path}\`) matches ${paths.length} files, expected one.`,
    );
  }
  const files: DataFile[] = [];
  for (const file of paths) files.push(await inspectFile(connection, file, config, baseDirectory));
  return { source: { kind: 'files', files }, files: paths };
}

/** The query, and the columns of its result with their types. */
async function openQuery(
  connection: DuckDBConnection,
  text: string,
  field: string,
  baseDirectory: string,
): Promise<QuerySource> {
  const query = text.trim().replace(/;+$/, '');
  if (baseDirectory.includes(',')) {
    throw new DatasetError(
      'dataset/bad-query',
      `The folder of the config file has a comma in its name (${baseDirectory}), which \`${field}\` cannot cope with. Rename it, or use a \`path\`.`,
    );
  }
  try {
    await checkQuery(connection, query, field);
    const described = await readRows(connection, `DESCRIBE ${query}`);
    return {
      kind: 'query',
      query,
      field,
      columns: described.map(([name]) => String(name)),
      types: described.map(([, type]) => String(type)),
    };
  } catch (error) {
    throw error instanceof Error && !(error instanceof DatasetError) ? queryError(error, field) : error;
  }
}

/** A query guesses the types of text files' columns, and `007` read as a number is `7`. */
function lostZeros({ source, files }: OpenedRows, config: DatasetConfig): string[] {
  if (source.kind === 'files' || !files.some((file) => /\.(csv|tsv|tab|txt)(\.gz)?$/i.test(file))) return [];
  return [config.columns.user, config.columns.item]
    .filter((column) => /INT|DOUBLE|DECIMAL/.test(source.types[source.columns.indexOf(column)] ?? ''))
    .map(
      (column) =>
        `\`dataset.query\` reads the ids in \`${column}\` as numbers, which drops leading zeros. ` +
        "If they matter, read the file with read_csv('…', all_varchar = true).",
    );
}

/** Says what is wrong with the query; an error about a file that it reads comes back as it is. */
function queryError(error: Error, field: string): Error {
  const missing = /No files found that match the pattern "(.*)"/.exec(error.message)?.[1];
  if (missing !== undefined) {
    return new DatasetError(
      'dataset/no-match',
      `\`${field}\` reads \`${missing}\`, and no file matches it. Paths are relative to the folder of the config file.`,
    );
  }
  const problem = /(?:Parser|Binder|Catalog|Not implemented|Syntax) Error: ([^\n]*)/.exec(error.message)?.[1];
  if (problem === undefined) return error;
  const hint =
    /^(?:Candidate bindings|Did you mean)[^\n]*/m.exec(error.message)?.[0] ??
    'Expected one SELECT statement.';
  return new DatasetError(
    'dataset/bad-query',
    `\`${field}\` cannot run: ${problem.replace(/[.!]*$/, '.')} ${hint}`,
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
