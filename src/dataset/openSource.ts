import { isAbsolute, join, normalize, resolve } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { ReadingOptions } from '../options/readingSchema';
import type { TableName } from '../config/openChoices';
import type { DatasetConfig } from '../config/schema';
import { checkQuery } from './checkQuery';
import type { DataFile } from './dataFile';
import { DatasetError } from './datasetError';
import { escapeGlob, readRows, sqlString, type Connect } from './duckDb';
import { findFiles } from './findFiles';
import { inspectFile, type FileRequest } from './inspectFile';
import { noteOpenedFiles, openedFiles, readsDelimitedText, whyUnstable } from './queryStability';
import { findColumn } from './resolveColumn';
import { columnNames, type QuerySource, type RowSource } from './rowSource';

/** What a config reads, found and looked at, but not read yet. */
export interface OpenedSource {
  interactions: OpenedRows;
  /** The tables of items and users, where the config names them. */
  items: OpenedRows | null;
  users: OpenedRows | null;
  warnings: string[];
  /** The config, with what the files say where it leaves it open: in which column lists of items are. */
  config: DatasetConfig;
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
  if ([config, config.items, config.users].some((rows) => rows?.query !== undefined))
    await noteOpenedFiles(connection);
  const { items, users, columns } = config;
  const wanted = wantedColumns(config);
  const open = (table: RowsConfig, of: TableName, field: string) =>
    openRows(connection, table, { options: table, field, wanted: wanted[of], baseDirectory });
  const opened = {
    items: items ? await open(items, 'items', 'dataset.items') : null,
    users: users ? await open(users, 'users', 'dataset.users') : null,
    interactions: await openParts(connection, config, {
      options: config,
      field: 'dataset',
      wanted: wanted.interactions,
      baseDirectory,
    }),
  };
  return {
    ...opened,
    warnings: changedIds(opened.interactions, config),
    config: { ...config, columns: withLists(columns, opened.interactions.source) },
  };
}

/** The columns that a config asks for, by table: what they are called helps to tell whether a first line names columns. */
export function wantedColumns({ columns, items, users, split }: DatasetConfig): Record<TableName, string[]> {
  const featuresOf = (table: { features: object }) => Object.keys(table.features);
  const { user, item, items: lists, timestamp, rating, label, impression, impressions } = columns;
  return {
    interactions: [
      ...[
        user,
        lists ?? (impressions === undefined ? item : null),
        timestamp,
        rating,
        label,
        impression,
        impressions,
      ].filter((name) => name !== null && name !== undefined),
      ...(split.type === 'column' ? [split.name] : []),
    ],
    items: items ? [items.id, items.title ?? 'title', ...featuresOf(items)] : [],
    users: users ? [users.id, ...featuresOf(users)] : [],
  };
}

/** The columns, with the one that holds lists of items where the files have such a one and no other is named. */
export function withLists(columns: DatasetConfig['columns'], source: RowSource): DatasetConfig['columns'] {
  if (columns.impressions !== undefined) return columns;
  const names = columnNames(source);
  const hasLists =
    names.layout?.kind === 'sequences' ||
    (names.aliases?.items !== undefined && findColumn(names, columns.item) < 0);
  const items = columns.items ?? (hasLists ? 'items' : undefined);
  return items === undefined ? columns : { ...columns, items, timestamp: null };
}

/** The files of all sources, in the order in which they are read. */
export function filesOf({ interactions, items, users }: OpenedSource): string[] {
  return [interactions, items, users].flatMap((opened) => opened?.files ?? []);
}

type RowsConfig = ReadingOptions & { path?: string | string[] | undefined; query?: string | undefined };

/** The interactions: where the split names files of parts, those of all parts. */
async function openParts(
  connection: DuckDBConnection,
  config: DatasetConfig,
  request: FileRequest,
): Promise<OpenedRows> {
  const { split } = config;
  if (split.type !== 'files') return openRows(connection, config, request);
  const files: DataFile[] = [];
  for (const [part, path] of [config.path, split.validation, split.test].entries()) {
    const { source } = await openRows(connection, { ...config, path }, request);
    for (const file of source.kind === 'files' ? source.files : []) {
      const other = files.find((known) => known.path === file.path);
      if (other === undefined) files.push({ ...file, part });
      else if (other.part !== part)
        throw new DatasetError(
          'dataset/bad-split',
          `${file.label} is among the files of two parts, ${PART_FIELDS[other.part!]!} and ${PART_FIELDS[part]!}. Each file is one part.`,
        );
    }
  }
  return { source: { kind: 'files', files }, files: files.map(({ path }) => path) };
}

/** Where a config names the files of each part. */
const PART_FIELDS = ['`dataset.path`', '`dataset.split.validation`', '`dataset.split.test`'];

/** The rows of a table, by its `path` or `query`. Throws a DatasetError. */
export async function openRows(
  connection: DuckDBConnection,
  config: RowsConfig,
  request: FileRequest,
): Promise<OpenedRows> {
  const { field, baseDirectory } = request;
  if (config.query !== undefined) {
    const source = await openQuery(connection, config.query, `${field}.query`, baseDirectory);
    return { source, files: await filesOfQuery(connection, source.query, baseDirectory) };
  }
  const { path = [] } = config;
  const connect = () => Promise.resolve(connection);
  const paths = await findTableFiles(connect, path, request);
  const files: DataFile[] = [];
  for (const file of paths) files.push(await inspectFile(connect, file, request));
  return { source: { kind: 'files', files }, files: paths };
}

/**
 * The files of a table, by its `path`.
 * @throws DatasetError as findFiles does, and where a table of items or users is several files
 */
export async function findTableFiles(
  connect: Connect,
  path: string | string[],
  { field, baseDirectory }: Pick<FileRequest, 'field' | 'baseDirectory'>,
): Promise<string[]> {
  const paths = await findFiles(connect, path, baseDirectory);
  if (typeof path === 'string' && field !== 'dataset' && paths.length > 1) {
    throw new DatasetError(
      'dataset/no-match',
      `\`${field}.path\` (\`${path}\`) matches ${paths.length} files, expected one.`,
    );
  }
  return paths;
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
      `The folder of the config file has a comma in its name (${baseDirectory}), which \`${field}\` cannot handle. Rename it, or use a \`path\`.`,
    );
  }
  try {
    const tree = await checkQuery(connection, query, field);
    const described = await readRows(connection, `DESCRIBE ${query}`);
    return {
      kind: 'query',
      query,
      field,
      columns: described.map(([name]) => String(name)),
      types: described.map(([, type]) => String(type)),
      readsText: readsDelimitedText(tree),
      unstable: await whyUnstable(connection, tree),
    };
  } catch (error) {
    throw error instanceof Error && !(error instanceof DatasetError) ? queryError(error, field) : error;
  }
}

/** A query guesses the types of text files' columns, and `007` read as a number is `7`. */
function changedIds({ source }: OpenedRows, config: DatasetConfig): string[] {
  if (source.kind === 'files' || !source.readsText) return [];
  return [config.columns.user, config.columns.item].flatMap((column) => {
    const type = source.types[source.columns.indexOf(column)] ?? 'VARCHAR';
    if (type === 'VARCHAR') return [];
    return (
      `\`dataset.query\` reads the ids in \`${column}\` as ${type}, which ` +
      (/INT|DOUBLE|DECIMAL/.test(type)
        ? 'drops leading zeros. '
        : type === 'BOOLEAN'
          ? 'converts them to `true` and `false`. '
          : 'may change how they are written. ') +
      "If that matters, read the file with read_csv('…', all_varchar = true)."
    );
  });
}

/**
 * Why the result of a config's queries would have to be made anew each time; null where the files decide it.
 * @throws DatasetError when a query has read a file of this process's folder instead of the config's, because DuckDB looks
 *   there first
 */
export async function whyNotKept(
  connection: DuckDBConnection,
  source: OpenedSource,
  baseDirectory: string,
): Promise<string | null> {
  const queries = [source.interactions, source.items, source.users].filter(
    (rows) => rows?.source.kind === 'query',
  );
  if (queries.length === 0) return null;
  const opened = await openedFiles(connection);
  for (const file of opened) {
    if (resolve(file) === resolve(baseDirectory, file)) continue;
    throw new DatasetError(
      'dataset/bad-query',
      `A query reads \`${file}\`, which is in the folder of the config file (${baseDirectory}) and also in the folder that RecSight ` +
        `was started in (${process.cwd()}). Start it elsewhere, or use the full path in the query.`,
    );
  }
  // Of the tables beside the query, DuckDB may have read copies.
  const copies = [source.interactions, source.items, source.users].flatMap((rows) =>
    rows?.source.kind === 'files' ? rows.source.files.flatMap(({ copy }) => copy ?? []) : [],
  );
  const named = new Set([...filesOf(source), ...copies].map(normalize));
  for (const rows of queries) {
    if (rows?.source.kind !== 'query') continue;
    const { field, unstable } = rows.source;
    const reason = unstable ?? (rows.files.length === 0 ? 'it names no file' : null);
    if (reason !== null) return `\`${field}\`: ${reason}`;
  }
  const other = opened.find((file) => !named.has(resolve(file)));
  return other === undefined ? null : `a query reads ${other}, which its text does not name`;
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
