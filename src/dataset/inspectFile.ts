import { basename, extname, isAbsolute, relative } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { encodingName } from '../options/encodingName';
import type { ReadingOptions } from '../options/readingSchema';
import type { DataFile } from './dataFile';
import { DatasetError } from './datasetError';
import {
  escapeGlob,
  lineTooLong,
  MAX_LINE_BYTES,
  readRows,
  sqlName,
  sqlString,
  type Connect,
} from './duckDb';
import { guessDelimited } from './guessDelimited';
import { inspectJson } from './inspectJson';
import { RECBOLE_TYPE } from './resolveColumn';
import { decodeHead, encodingLabel, guessEncoding, requireEncoding } from './textEncoding';
import { COMPRESSED_NAME, readHead } from './unpackFile';

type FileFormat = Exclude<ReadingOptions['format'], 'auto'>;

/** What a config says of a file. */
export interface FileRequest {
  options: ReadingOptions;
  /** The part of the config that names the file, such as `dataset.items`. */
  field: string;
  /** Names of the columns that are needed. */
  wanted: string[];
  baseDirectory: string;
}

/** Finds out how a file is to be read, from the config, its name and its first bytes. Throws a DatasetError. */
export async function inspectFile(
  connect: Connect,
  path: string,
  { options, field, wanted, baseDirectory }: FileRequest,
): Promise<DataFile> {
  const fromBase = relative(baseDirectory, path);
  const label = fromBase.startsWith('..') || isAbsolute(fromBase) ? path : fromBase;
  const { head, compression } = await readHead(path, label);
  if (head.length === 0) {
    throw new DatasetError('dataset/empty-file', `${label} is empty, expected a header line and rows.`);
  }
  const encodingGiven = options.encoding !== undefined;
  const file = { path, label, field, compression, encodingGiven, aliases: {}, guesses: [] as string[] };
  const name = basename(path).replace(COMPRESSED_NAME, '');
  const byName = options.format === 'auto' ? formatOfName(name) : options.format;
  const isParquet = options.format === 'auto' && head.subarray(0, 5).toString('latin1') === 'PAR1\x15';
  if (isParquet && byName !== 'parquet') file.guesses.push('Parquet');
  if (byName === 'parquet' || isParquet) {
    const described = await describeParquet(await connect(), path, wanted);
    return {
      ...file,
      encoding: 'utf-8',
      layout: { kind: 'parquet', types: described.map(([, type]) => String(type)) },
      columns: described.map(([column]) => String(column)),
    };
  }
  const encoding =
    options.encoding === undefined ? guessEncoding(head, label) : encodingName(options.encoding)!;
  if (encodingGiven) requireEncoding(head, encoding, label);
  else if (encoding !== 'utf-8') file.guesses.push(encodingLabel(encoding));
  const text = decodeHead(head, encoding, label);
  const format = byName === null || isOtherTable(text, byName, options) ? formatOfText(text) : byName;
  if (format === 'jsonl') return { ...file, encoding, ...inspectJson(text, label) };

  if (text.trim() === '') {
    throw new DatasetError(
      'dataset/empty-file',
      `${label} has only blank lines, expected a header line and rows.`,
    );
  }
  if (head.length >= MAX_LINE_BYTES && !/[\r\n]/.test(text.trimStart())) {
    throw new DatasetError('dataset/line-too-long', lineTooLong(`${label}, line 1`));
  }
  const guess = guessDelimited(
    text,
    name,
    { ...options, format: format === 'csv' ? options.format : format },
    wanted,
  );
  return { ...file, encoding, ...guess, guesses: [...guess.guesses, ...file.guesses] };
}

/** Whether a file is called like an atomic file of RecBole, or `.tsv`, and has no tabs: MovieLens 100K has a `u.item`. */
function isOtherTable(text: string, byName: FileFormat, { format }: ReadingOptions): boolean {
  return (
    format === 'auto' &&
    (byName === 'recbole' || byName === 'tsv') &&
    !text.trimStart().split('\n', 1)[0]!.includes('\t')
  );
}

/** Names and types of the columns, and of those fields inside structures that are wanted, as `details.brand`. */
async function describeParquet(
  connection: DuckDBConnection,
  path: string,
  wanted: readonly string[],
): Promise<unknown[][]> {
  const describe = (what: string) =>
    readRows(
      connection,
      `DESCRIBE SELECT ${what} FROM read_parquet(${sqlString(escapeGlob(path))}, binary_as_string = true)`,
    );
  const columns = await describe('*');
  const names = new Set(columns.map(([name]) => String(name)));
  for (const name of wanted) {
    const parts = name.split('.');
    if (parts.length === 1 || names.has(name) || !names.has(parts[0]!)) continue;
    // Where there is no such field, the column is missing, which will be said.
    const [field] = await describe(parts.map(sqlName).join('.')).catch(() => []);
    if (!field) continue;
    for (let end = 2; end < parts.length; end++) columns.push([parts.slice(0, end).join('.'), 'STRUCT']);
    columns.push([name, field[1]]);
  }
  return columns;
}

function formatOfName(name: string): FileFormat | null {
  switch (extname(name).toLowerCase()) {
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

function formatOfText(text: string): FileFormat {
  const firstLine = /^\s*([^\r\n]*)/.exec(text)?.[1] ?? '';
  if (/^(\{|\[\s*(\{|$))/.test(firstLine)) return 'jsonl';
  return firstLine.split('\t').every((field) => RECBOLE_TYPE.test(field)) ? 'recbole' : 'csv';
}
