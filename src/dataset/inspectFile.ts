import { extname, isAbsolute, relative } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { ReadingOptions } from '../config/readingSchema';
import { shorten, type DataFile } from './dataFile';
import { DatasetError } from './datasetError';
import { escapeGlob, lineTooLong, MAX_LINE_BYTES, readRows, sqlString } from './duckDb';
import { RECBOLE_TYPE } from './resolveColumn';
import { readHead } from './unpackFile';

type FileFormat = Exclude<ReadingOptions['format'], 'auto'>;

const SEPARATORS = [',', '\t', ';', '|'];

/** Finds out how a file is to be read, from its name and its first bytes. */
export async function inspectFile(
  connection: DuckDBConnection,
  path: string,
  { format }: Pick<ReadingOptions, 'format'>,
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
      // Python writes NaN, which JSON does not have; only the keys are looked at here.
      row = JSON.parse(line.replace(/:\s*(?:NaN|-?Infinity)\s*(?=[,}])/g, ':null'));
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
