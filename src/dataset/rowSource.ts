import type { DuckDBConnection } from '@duckdb/node-api';
import { lineOf, shorten, type ColumnPick, type DataFile, type DelimitedLayout } from './dataFile';
import { escapeGlob, MAX_LINE_BYTES, readRows, sqlName, sqlString } from './duckDb';
import { textOf } from './missingValues';
import { resolveColumn, type ColumnNames } from './resolveColumn';

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

/**
 * SQL that reads some columns as text; `picks` maps the names of the result to the names that the config uses. Rows of files that
 * are a part each come with its number in `part`.
 */
export function selectFrom(source: RowSource, picks: Record<string, ColumnPick>): string {
  if (source.kind === 'files') return selectColumns(source.files, picks);
  const expressions = Object.entries(picks).map(([name, pick]) => {
    const index = resolveColumn(columnNames(source), pick);
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
      const columns = Object.values(picks).map((pick) => columnOf(group[0]!, pick));
      const { part } = group[0]!;
      const expressions = [
        ...Object.keys(picks).map((name, index) => `${columns[index]!.sql} AS ${name}`),
        ...(part === undefined ? [] : [`${part} AS part`]),
      ];
      return `SELECT ${expressions.join(', ')} FROM ${readCall(
        group,
        columns.map(({ source }) => source),
      )}`;
    })
    .join('\nUNION ALL\n');
}

/** A column of a file: SQL for its text, and what the file calls the column that it is in. */
function columnOf(file: DataFile, pick: ColumnPick): { sql: string; source: string } {
  const { layout, columns } = file;
  const index = resolveColumn(file, pick);
  const name = columns[index]!;
  switch (layout.kind) {
    case 'delimited':
      return { sql: textOf(`c${index}`, 'VARCHAR'), source: name };
    case 'sequences': {
      const parts = `string_split(rtrim(c0), ${sqlString(layout.separator)})`;
      return {
        sql:
          index === 0
            ? `${parts}[1]`
            : `CAST(to_json(list_filter(${parts}[2:], part -> part <> '')) AS VARCHAR)`,
        source: name,
      };
    }
    case 'json': {
      const path = pathOf(columns, name);
      if (path.length === 1) return { sql: textOf(sqlName(name), 'JSON'), source: name };
      const inside = path.slice(1).map((key) => `."${key.replaceAll('"', '\\"')}"`);
      const value = `(${sqlName(path[0]!)} -> ${sqlString(`$${inside.join('')}`)})`;
      return { sql: textOf(value, 'JSON'), source: path[0]! };
    }
    case 'parquet': {
      const path = pathOf(columns, name);
      return { sql: textOf(path.map(sqlName).join('.'), layout.types[index]!), source: name };
    }
  }
}

/** The keys that lead to a field inside objects: those in front of a dot are columns themselves. */
function pathOf(columns: readonly string[], name: string): string[] {
  for (let dot = name.lastIndexOf('.'); dot > 0; dot = name.lastIndexOf('.', dot - 1)) {
    const outer = name.slice(0, dot);
    if (columns.includes(outer)) return [...pathOf(columns, outer), name.slice(dot + 1)];
  }
  return [name];
}

function sameShape(a: DataFile, b: DataFile): boolean {
  const shape = ({ layout, columns, aliases, part, compression, copy }: DataFile) =>
    JSON.stringify([layout, columns, aliases, part, copy === undefined ? compression : null]);
  return shape(a) === shape(b);
}

/** `picked` are the names of the columns that are needed; text files are read whole. */
function readCall(files: readonly DataFile[], picked: readonly string[]): string {
  const { layout, columns, copy, compression } = files[0]!;
  const list = `[${files.map((file) => sqlString(escapeGlob(file.copy ?? file.path))).join(', ')}]`;
  const packed = copy === undefined ? compression : null;
  switch (layout.kind) {
    case 'parquet':
      // Old writers mark text as bytes.
      return `read_parquet(${list}, binary_as_string = true)`;
    case 'json': {
      const types = [...new Set(picked)].map((column) => `${sqlString(column)}: 'JSON'`);
      return (
        `read_json(${list}, format = '${layout.format}', compression = '${packed ?? 'uncompressed'}', maximum_object_size = ${MAX_LINE_BYTES}, ` +
        `columns = {${types.join(', ')}})`
      );
    }
    case 'sequences':
      // No text has this separator: a line is one value.
      return readCsv(list, packed, { ...layout, separator: '\x01', quote: '', escape: '' }, 1);
    case 'delimited':
      return readCsv(list, packed, layout, columns.length);
  }
}

/** Columns go by position (c0, c1, …), so that a header may hold anything, such as one name twice. */
function readCsv(
  list: string,
  packed: DataFile['compression'],
  { separator, quote, escape, skip }: Pick<DelimitedLayout, 'separator' | 'quote' | 'escape' | 'skip'>,
  numColumns: number,
): string {
  const columns = Array.from({ length: numColumns }, (_, index) => `c${index}: 'VARCHAR'`);
  return (
    `read_csv(${list}, auto_detect = false, header = false, skip = ${skip}, delim = ${sqlString(separator)}, ` +
    `quote = ${sqlString(quote)}, escape = ${sqlString(escape)}, compression = '${packed ?? 'none'}', max_line_size = ${MAX_LINE_BYTES}, ` +
    `columns = {${columns.join(', ')}})`
  );
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
  throw new Error('A value was invalid and no longer is: did the data change while they were read?');
}

/** What the columns can be called; of several files, those of the first. */
export function columnNames(source: RowSource): ColumnNames {
  return source.kind === 'files' ? source.files[0]! : { label: labelOf(source), columns: source.columns };
}

/** Whether a value may be a JSON list, because the source has lists as such. */
export function mayHoldLists(source: RowSource): boolean {
  return source.kind === 'query' || source.files.some(({ layout }) => layout.kind !== 'delimited');
}
