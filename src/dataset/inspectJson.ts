import { isRecord } from '../protocol/isRecord';
import { shorten, type JsonLayout } from './dataFile';
import { DatasetError } from './datasetError';
import { lineTooLong, MAX_LINE_BYTES } from './duckDb';

/** How many objects are looked at for their keys. */
const SAMPLE = 1000;
const MAX_DEPTH = 6;

/**
 * How the objects of a JSON text follow each other, and the keys of the first ones; those of nested objects are joined by
 * dots, as `details.brand`.
 * @throws DatasetError when the text starts with something else
 */
export function inspectJson(text: string, label: string): { layout: JsonLayout; columns: string[] } {
  const start = text.trimStart();
  const format = start.startsWith('[')
    ? 'array'
    : isObjectPerLine(start)
      ? 'newline_delimited'
      : 'unstructured';
  const columns = new Set<string>();
  let found = 0;
  const objects = format === 'newline_delimited' ? start.split('\n') : objectsIn(start);
  for (const [index, object] of [...objects].slice(0, SAMPLE).entries()) {
    if (object.trim() === '') continue;
    const row = parseJson(object);
    if (!isRecord(row))
      throw noObject(label, format === 'newline_delimited' ? index + 1 : null, object, text);
    found++;
    collectKeys(row, '', columns, 0);
  }
  if (found === 0 && start.replace(/[[\]\s]/g, '') !== '') throw noObject(label, 1, start, text);
  if (columns.size === 0) {
    throw new DatasetError(
      'dataset/empty-file',
      `${label} contains no objects, expected one per interaction.`,
    );
  }
  return { layout: { kind: 'json', format }, columns: [...columns] };
}

/** What JSON writes, and NaN as Python writes it; undefined for other texts. */
function parseJson(text: string): unknown {
  for (const attempt of [text, text.replace(/([:[,]\s*)(NaN|-?Infinity)(?=\s*[,}\]])/g, '$1null')]) {
    try {
      return JSON.parse(attempt);
    } catch {
      // Perhaps with the replacement.
    }
  }
  return undefined;
}

/** A broken first line also counts as one, so that the message can name it; an object over several lines does not. */
function isObjectPerLine(text: string): boolean {
  const [line = ''] = text.split('\n', 1);
  return isRecord(parseJson(line)) || !/^\{\s*$/.test(line);
}

/** Texts of the objects at the top level, or in the list that is there, as far as they are whole. */
function* objectsIn(text: string): Generator<string> {
  const list = text.startsWith('[') ? 1 : 0;
  let depth = 0;
  let start = 0;
  for (const { 0: mark, index } of text.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}]/gs)) {
    if (mark === '{' || mark === '[') {
      if (depth === list) start = index;
      depth++;
    } else if (mark === '}' || mark === ']') {
      depth--;
      if (depth === list) yield text.slice(start, index + 1);
    }
  }
}

function collectKeys(row: Record<string, unknown>, prefix: string, into: Set<string>, depth: number): void {
  for (const [key, value] of Object.entries(row)) {
    into.add(prefix + key);
    if (isRecord(value) && depth < MAX_DEPTH) collectKeys(value, `${prefix}${key}.`, into, depth + 1);
  }
}

function noObject(label: string, line: number | null, found: string, text: string): DatasetError {
  const where = line === null ? label : `${label}, line ${line}`;
  if (found.length >= MAX_LINE_BYTES / 4)
    return new DatasetError('dataset/line-too-long', lineTooLong(where));
  const isPython = /^\s*\{\s*u?'/.test(text);
  return new DatasetError(
    'dataset/malformed-json',
    `${where}: expected a JSON object, found \`${shorten(found.trim())}\`. ` +
      (isPython
        ? 'This is Python syntax, with single quotes. Write the file with json.dumps instead, one object per line.'
        : 'JSON Lines has one object per line, such as {"user_id": "7", "item_id": "a"}; a JSON array holds such objects between [ and ].'),
  );
}
