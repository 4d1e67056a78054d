import type { DuckDBConnection } from '@duckdb/node-api';
import { lineOf, shorten, type ColumnPick, type DataFile } from './dataFile';
import { escapeGlob, MAX_LINE_BYTES, readRows, sqlName, sqlString } from './duckDb';
import { textOf } from './missingValues';
import { resolveColumn } from './resolveColumn';

/** Where rows come from: files, or a query whose result is known by its columns. */
export type RowSource = { kind: 'files'; files: DataFile[] } | QuerySource;

export interface QuerySource {
  kind: 'query';
  query: string;
  /** The config field that holds the query. */
  field: string;
  columns: string[];
  /** DuckDB's types of the columns. */
  types: string[];
  /** Whether it reads text files, whose types DuckDB guesses. */
  readsText: boolean;
  /** Why its files do not decide its result; null where they do. */
  unstable: string | null;
}

/** SQL that reads some columns as text; `picks` maps the names of the result to the names that the config uses. */
export function selectFrom(source: RowSource, picks: Record<string, ColumnPick>): string {
  if (source.kind === 'files') return selectColumns(source.files, picks);
  const expressions = Object.entries(picks).map(([name, pick]) => {
    const index = resolveColumn({ label: labelOf(source), columns: source.columns }, pick);
    return `${textOf(sqlName(source.columns[index]!), source.types[index]!)} AS ${name}`;
  });
  // The line break ends a comment in the query's last line.
  return `SELECT ${expressions.join(', ')} FROM (${source.query}\n)`;
}

/**
 * SQL that reads some columns of the files as text, in the order of the files.
 * `picks` maps the names of the result to the names that the config uses.
 */
function selectColumns(files: readonly DataFile[], picks: Readonly<Record<string, ColumnPick>>): string {
  const groups: DataFile[][] = [];
  for (const file of files) {
    const previous = groups.at(-1);
    if (previous && sameShape(previous[0]!, file)) previous.push(file);
    else groups.push([file]);
  }
  return groups
    .map((group) => {
      const { columns, layout } = group[0]!;
      const names: string[] = [];
      const expressions = Object.entries(picks).map(([name, pick]) => {
        const index = resolveColumn(group[0]!, pick);
        names.push(columns[index]!);
        const source = layout.kind === 'delimited' ? `c${index}` : sqlName(columns[index]!);
        return `${textOf(source, typeOf(layout, index))} AS ${name}`;
      });
      return `SELECT ${expressions.join(', ')} FROM ${readCall(group, names)}`;
    })
    .join('\nUNION ALL\n');
}

/** DuckDB's type of a column as `readCall` reads it. */
function typeOf(layout: DataFile['layout'], index: number): string {
  if (layout.kind === 'parquet') return layout.types[index]!;
  return layout.kind === 'json' ? 'JSON' : 'VARCHAR';
}

function sameShape(a: DataFile, b: DataFile): boolean {
  return JSON.stringify([a.layout, a.columns]) === JSON.stringify([b.layout, b.columns]);
}

function readCall(files: readonly DataFile[], picked: readonly string[]): string {
  const { layout, columns } = files[0]!;
  const list = `[${files.map((file) => sqlString(escapeGlob(file.path))).join(', ')}]`;
  switch (layout.kind) {
    case 'parquet':
      // Old writers mark text as bytes.
      return `read_parquet(${list}, binary_as_string = true)`;
    case 'json':
      return (
        `read_json(${list}, format = 'newline_delimited', maximum_object_size = ${MAX_LINE_BYTES}, ` +
        `columns = {${[...new Set(picked)].map((column) => `${sqlString(column)}: 'JSON'`).join(', ')}})`
      );
    case 'delimited': {
      // Columns go by position (c0, c1, …), so that a header may hold anything, such as one name twice.
      const quote = layout.quotes ? `'"'` : `''`;
      return (
        `read_csv(${list}, auto_detect = false, header = true, skip = ${layout.skip}, delim = ${sqlString(layout.separator)}, ` +
        `quote = ${quote}, escape = ${quote}, max_line_size = ${MAX_LINE_BYTES}, ` +
        `columns = {${columns.map((_, index) => `c${index}: 'VARCHAR'`).join(', ')}})`
      );
    }
  }
}

/** What messages call the source. */
export function labelOf(source: RowSource): string {
  if (source.kind === 'query') return `The result of \`${source.field}\``;
  const labels = source.files.slice(0, 3).map((file) => file.label);
  return `${labels.join(', ')}${source.files.length > 3 ? ` and ${source.files.length - 3} more files` : ''}`;
}

/** What messages call the source inside a sentence. */
export function nameOf(source: RowSource): string {
  return source.kind === 'query' ? `the result of \`${source.field}\`` : `\`${labelOf(source)}\``;
}

/** Where a row (from 1) of one file or of a query is, for messages: `a.csv, row 7 (line 8)`. */
export function placeOf(source: RowSource, row: number): string {
  const line = source.kind === 'files' ? lineOf(source.files[0]!, row) : '';
  return `${labelOf(source)}, row ${row}${line}`;
}

/**
 * Reads again, file by file, to say where the first value is that meets a condition over the pick's `name`. Slow, but only
 * on the way to an error. `where` is such as ``a.csv, row 7 (line 8): column `timestamp` holds `x` ``.
 */
export async function firstValue(
  connection: DuckDBConnection,
  source: RowSource,
  name: string,
  pick: ColumnPick,
  condition: string,
): Promise<{ where: string; text: string }> {
  const parts: RowSource[] =
    source.kind === 'files' ? source.files.map((file) => ({ kind: 'files', files: [file] })) : [source];
  for (const part of parts) {
    const [found] = await readRows(
      connection,
      `SELECT row, ${name} FROM (SELECT row_number() OVER () AS row, ${name} FROM (${selectFrom(part, { [name]: pick })}))
       WHERE ${condition} ORDER BY row LIMIT 1`,
    );
    if (!found) continue;
    const text = String(found[1]);
    const where = `${placeOf(part, Number(found[0]))}: column \`${pick.column}\` holds \`${shorten(text)}\``;
    return { where, text };
  }
  throw new Error('A value was odd and is not any more: did the data change while they were read?');
}

/** The names of the columns; of several files, those of the first. */
export function columnsOf(source: RowSource): string[] {
  return source.kind === 'files' ? source.files[0]!.columns : source.columns;
}

/** Whether a value may be a JSON list, because the source has lists as such. */
export function mayHoldLists(source: RowSource): boolean {
  return source.kind === 'query' || source.files.some(({ layout }) => layout.kind !== 'delimited');
}
