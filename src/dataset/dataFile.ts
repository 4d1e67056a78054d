import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, extname, isAbsolute, join, relative } from 'node:path';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { DatasetConfig } from '../config/schema';
import { DatasetError } from './datasetError';
import { escapeGlob, lineTooLong, MAX_LINE_BYTES, readRows, sqlName, sqlString } from './duckDb';

type FileFormat = Exclude<DatasetConfig['format'], 'auto'>;

/** A file of rows: how to read it and which columns its header names. */
export interface DataFile {
  path: string;
  /** The path as messages show it. */
  label: string;
  layout: DelimitedLayout | JsonLayout | ParquetLayout;
  columns: string[];
}

/** A column that the config names, and the config field that does. */
export interface ColumnPick {
  column: string;
  field: string;
}

interface DelimitedLayout {
  kind: 'delimited';
  separator: string;
  /** RecBole's atomic files have no quoting: a `"` is a letter like any other. */
  quotes: boolean;
  /** Blank lines before the header. */
  skip: number;
}
interface JsonLayout {
  kind: 'json';
}
interface ParquetLayout {
  kind: 'parquet';
  /** Types of the columns: files that differ cannot be read in one call. */
  types: string[];
}

/** How much of a file is looked at for its format and its columns, unless its first line is longer. */
const HEAD_BYTES = 64 * 1024;
const SEPARATORS = [',', '\t', ';', '|'];
const RECBOLE_TYPE = /:(token|token_seq|float|float_seq)$/;

/**
 * Resolves the paths and globs of a config against the folder of the config file, in order; the matches of a glob
 * are sorted by name. Throws a DatasetError when a file is missing, a glob matches nothing, or a path is a folder.
 */
export async function findFiles(
  connection: DuckDBConnection,
  patterns: string | string[],
  baseDirectory: string,
): Promise<string[]> {
  const files: string[] = [];
  for (const pattern of [patterns].flat()) {
    if (/^[a-z][a-z0-9+]+:\/\//i.test(pattern)) {
      throw new DatasetError(
        'dataset/remote-file',
        `\`${pattern}\` is an address, expected a file. Download it and name the copy in \`dataset.path\`.`,
      );
    }
    const path = isAbsolute(pattern) ? pattern : join(baseDirectory, pattern);
    const status = await stat(path).catch(() => null);
    if (status?.isDirectory()) {
      throw new DatasetError(
        'dataset/is-directory',
        `\`${pattern}\` is a folder, expected a file. Name the files in it with a glob, such as \`${join(pattern, '*.csv')}\`.`,
      );
    }
    if (status) {
      files.push(path);
      continue;
    }
    if (!/[*?[]/.test(pattern)) {
      throw new DatasetError('dataset/missing-file', `There is no file \`${pattern}\` in ${baseDirectory}.`);
    }
    const glob = isAbsolute(pattern) ? pattern : join(escapeGlob(baseDirectory), pattern);
    const matches = (await readRows(connection, `SELECT file FROM glob(${sqlString(glob)})`)).map(([file]) =>
      String(file),
    );
    if (matches.length === 0) {
      throw new DatasetError('dataset/no-match', `No file matches \`${pattern}\` in ${baseDirectory}.`);
    }
    files.push(...matches.sort());
  }
  return files;
}

/** Finds out how a file is to be read, from its name and its first bytes. */
export async function inspectFile(
  connection: DuckDBConnection,
  path: string,
  format: DatasetConfig['format'],
  baseDirectory: string,
): Promise<DataFile> {
  const fromBase = relative(baseDirectory, path);
  const label = fromBase.startsWith('..') || isAbsolute(fromBase) ? path : fromBase;
  const head = await readHead(path, label);
  if (head.length === 0) {
    throw new DatasetError('dataset/empty-file', `${label} is empty, expected a header line and rows.`);
  }
  const chosen = format === 'auto' ? (formatOfName(path) ?? formatOfHead(head)) : format;
  if (chosen === 'parquet') {
    const described = await readRows(
      connection,
      `DESCRIBE SELECT * FROM read_parquet(${sqlString(escapeGlob(path))}, binary_as_string = true)`,
    );
    return {
      path,
      label,
      layout: { kind: 'parquet', types: described.map(([, type]) => String(type)) },
      columns: described.map(([name]) => String(name)),
    };
  }
  const text = decodeHead(head, label);
  if (chosen === 'jsonl') return { path, label, layout: { kind: 'json' }, columns: jsonColumns(text, label) };

  const skip = /^(\r?\n)*/.exec(text)![0].split('\n').length - 1;
  const body = text.replace(/^(\r?\n)*/, '');
  if (body.trim() === '') {
    throw new DatasetError(
      'dataset/empty-file',
      `${label} holds only blank lines, expected a header line and rows.`,
    );
  }
  if (head.length >= MAX_LINE_BYTES && !/[\r\n]/.test(body)) {
    throw new DatasetError('dataset/line-too-long', lineTooLong(`${label}, line ${skip + 1}`));
  }
  const quotes = chosen !== 'recbole';
  const separator = chosen === 'csv' ? bestSeparator(body) : '\t';
  const columns = headerFields(body, separator, quotes);
  return { path, label, layout: { kind: 'delimited', separator, quotes, skip }, columns };
}

/**
 * The column that the config calls `wanted`: by its full name, or without RecBole's type (`user_id` for `user_id:token`).
 * Throws a DatasetError that names the columns there are and the nearest one.
 */
export function resolveColumn(
  { label, columns }: Pick<DataFile, 'label' | 'columns'>,
  { column: wanted, field }: ColumnPick,
): number {
  const found = findColumn(columns, wanted);
  if (found >= 0) return found;

  const shown = columns.slice(0, 20).map((column) => `\`${shorten(column)}\``);
  const list = `${shown.join(', ')}${columns.length > 20 ? `, and ${columns.length - 20} more` : ''}`;
  const nearest = nearestName(columns, wanted);
  const looksLikeValues = columns.every((column) => /\d/.test(column));
  throw new DatasetError(
    'dataset/missing-column',
    `${label} has no column \`${wanted}\` (\`${field}\`); its columns are ${list}. ` +
      (nearest !== null
        ? `Did you mean \`${nearest}\`?`
        : looksLikeValues
          ? 'These look like values: the first line of a file must name the columns. Add such a line.'
          : `Set \`${field}\` to the name of the right one.`),
  );
}

/** Place of the column of this name, with or without RecBole's type; -1 when there is none. */
export function findColumn(columns: readonly string[], wanted: string): number {
  const exact = columns.indexOf(wanted);
  if (exact >= 0) return exact;
  const bare = wanted.replace(RECBOLE_TYPE, '');
  return columns.findIndex((column) => column.replace(RECBOLE_TYPE, '') === bare);
}

/** Where a row (from 1) of a text file is, for messages: ` (line 7)`; empty for other files. */
export function lineOf({ layout }: Pick<DataFile, 'layout'>, row: number): string {
  if (layout.kind === 'parquet') return '';
  return ` (line ${layout.kind === 'delimited' ? row + 1 + layout.skip : row})`;
}

/**
 * SQL that reads some columns of the files as text, in the order of the files.
 * `picks` maps the names of the result to the names that the config uses.
 */
export function selectColumns(
  files: readonly DataFile[],
  picks: Readonly<Record<string, ColumnPick>>,
): string {
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
        // A list comes as JSON, so that its values can be told apart.
        const isList = layout.kind === 'parquet' && layout.types[index]!.endsWith('[]');
        return `CAST(${isList ? `to_json(${source})` : source} AS VARCHAR) AS ${name}`;
      });
      return `SELECT ${expressions.join(', ')} FROM ${readCall(group, names)}`;
    })
    .join('\nUNION ALL\n');
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
        `columns = {${[...new Set(picked)].map((column) => `${sqlString(column)}: 'VARCHAR'`).join(', ')}})`
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

function formatOfName(path: string): FileFormat | null {
  switch (extname(path.replace(/\.gz$/i, '')).toLowerCase()) {
    case '.csv':
      return 'csv';
    case '.tsv':
    case '.tab':
      return 'tsv';
    case '.jsonl':
    case '.ndjson':
    case '.json':
      return 'jsonl';
    case '.parquet':
    case '.pq':
      return 'parquet';
    case '.inter':
    case '.item':
    case '.user':
      return 'recbole';
    default:
      return null;
  }
}

function formatOfHead(head: Buffer): FileFormat {
  if (head.subarray(0, 4).toString('latin1') === 'PAR1') return 'parquet';
  const firstLine = /^\s*([^\r\n]*)/.exec(head.toString('utf8').replace(/^\ufeff/, ''))?.[1] ?? '';
  if (firstLine.startsWith('{')) return 'jsonl';
  return firstLine.split('\t').every((field) => RECBOLE_TYPE.test(field)) ? 'recbole' : 'csv';
}

/** The first bytes of a file, at least one line of them, unpacked where the name ends in .gz. */
async function readHead(path: string, label: string): Promise<Buffer> {
  const file = createReadStream(path);
  const stream = /\.gz$/i.test(path) ? file.pipe(createGunzip()) : file;
  file.on('error', (error) => stream.destroy(error));
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      length += chunk.length;
      if (length >= MAX_LINE_BYTES || (length >= HEAD_BYTES && chunk.includes('\n'))) break;
    }
  } catch (error) {
    throw gzipError(label, error);
  } finally {
    file.destroy();
  }
  return Buffer.concat(chunks);
}

/**
 * Reads a .gz file to its end, because DuckDB takes one that was cut off for a shorter one.
 * Throws a DatasetError when it is damaged.
 */
export async function verifyGzip(path: string): Promise<void> {
  try {
    await pipeline(
      createReadStream(path, { highWaterMark: 1 << 20 }),
      createGunzip({ chunkSize: 1 << 20 }),
      new Writable({ write: (_chunk, _encoding, done) => done() }),
    );
  } catch (error) {
    throw gzipError(basename(path), error);
  }
}

function gzipError(label: string, error: unknown): DatasetError {
  return (error as NodeJS.ErrnoException).code?.startsWith('Z_')
    ? new DatasetError(
        'dataset/not-gzip',
        `${label} cannot be unpacked, though its name ends in .gz: it is cut off, damaged or not compressed. Compress it again, or rename it.`,
      )
    : new DatasetError('dataset/unreadable', `${label} cannot be read: ${(error as Error).message}.`);
}

/** Text of the file as messages show it. */
export function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

function decodeHead(head: Buffer, label: string): string {
  try {
    // `stream` leaves out a character that the cut at the end halves; the BOM goes too.
    return new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: true });
  } catch {
    throw new DatasetError(
      'dataset/not-utf8',
      `${label}: found bytes that are no UTF-8 text near the start. Save the file as UTF-8 (for example: iconv -f latin1 -t utf-8); ` +
        'if it is compressed, its name must end in .gz.',
    );
  }
}

/** The separator that divides the header most often, outside quotes. */
function bestSeparator(text: string): string {
  const counts = SEPARATORS.map((separator) => headerFields(text, separator, true).length);
  return SEPARATORS[counts.indexOf(Math.max(...counts))]!;
}

/** Fields of the first record. */
function headerFields(text: string, separator: string, quotes: boolean): string[] {
  const fields: string[] = [];
  let field = '';
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const character = text[i]!;
    if (quoted) {
      if (character !== '"') field += character;
      else if (text[i + 1] === '"') field += text[i++]!;
      else quoted = false;
    } else if (quotes && character === '"' && field === '') quoted = true;
    else if (character === separator) {
      fields.push(field.trim());
      field = '';
    } else if (character === '\n' || character === '\r') return [...fields, field.trim()];
    else field += character;
  }
  return [...fields, field.trim()];
}

/** Keys of the first objects. */
function jsonColumns(text: string, label: string): string[] {
  const lines = text.split('\n');
  // The last line may be cut.
  if (lines.length > 1) lines.pop();
  const columns = new Set<string>();
  for (const [index, line] of lines.slice(0, 100).entries()) {
    if (line.trim() === '') continue;
    let row: unknown;
    try {
      row = JSON.parse(line);
    } catch {
      if (line.length >= MAX_LINE_BYTES / 4) {
        throw new DatasetError('dataset/line-too-long', lineTooLong(`${label}, line ${index + 1}`));
      }
      row = null;
    }
    if (typeof row !== 'object' || row === null || Array.isArray(row)) {
      throw new DatasetError(
        'dataset/malformed-json',
        `${label}, line ${index + 1}: expected a JSON object, found \`${shorten(line.trim())}\`. ` +
          'JSON Lines has one object per line, such as {"user_id": "7", "item_id": "a"}.',
      );
    }
    for (const key of Object.keys(row)) columns.add(key);
  }
  if (columns.size === 0) {
    throw new DatasetError(
      'dataset/empty-file',
      `${label} holds no objects, expected one JSON object per line.`,
    );
  }
  return [...columns];
}

/** The name that `wanted` is part of or the other way round, else the one with few enough edits to be a slip. */
function nearestName(names: readonly string[], wanted: string): string | null {
  let best: string | null = null;
  let bestDistance = Math.max(2, Math.floor(wanted.length / 3)) + 1;
  const target = wanted.toLowerCase();
  for (const name of names) {
    const candidate = name.replace(RECBOLE_TYPE, '').toLowerCase();
    const isPart =
      Math.min(candidate.length, target.length) >= 3 &&
      (candidate.includes(target) || target.includes(candidate));
    const distance = isPart ? 1 : editDistance(candidate, target);
    if (distance < bestDistance) [best, bestDistance] = [name, distance];
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      row.push(
        Math.min(previous[j]! + 1, row[j - 1]! + 1, previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)),
      );
    }
    previous = row;
  }
  return previous[b.length]!;
}
