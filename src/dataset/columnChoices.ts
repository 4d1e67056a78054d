import type { DataChoice } from '../protocol/dataCheck';
import { shorten, type DataFile } from './dataFile';
import { hasPlaces, nearestColumn, RECBOLE_TYPE } from './resolveColumn';
import { splitRecords } from './splitRecords';
import { decodeHead } from './textEncoding';
import { readHead } from './unpackFile';

/** Records whose values tell what a column holds. */
const SAMPLE = 50;

/** How columns that are for something are often called. */
const USUAL_NAMES: Readonly<Record<string, RegExp>> = {
  user: /user|uid|customer|member|visitor|client|reviewer|account|person|session|buyer|listener|reader/i,
  item: /item|iid|product|movie|film|song|track|artist|book|article|asin|sku|isbn|business|place|video|game|recipe|news|content/i,
  items: /items|history|sequence|list|basket/i,
  timestamp: /time|date|^ts$|_at$|day|when|unix|epoch/i,
  rating: /rating|score|stars|value|grade|overall/i,
  label: /label|click|target|^y$|is_|like|purchase|convert/i,
  impression: /impression|request|session|slate|page|query|search|exposure/i,
  impressions: /impressions|shown|slate|candidates|exposed/i,
  split: /split|part|fold|^(sub)?set$/i,
  title: /title|name|label|headline/i,
};

/** The columns of a file as a config may name them, with what they hold. */
export async function columnChoices(file: DataFile): Promise<DataChoice[]> {
  const samples = await sampleOf(file);
  const byPlace = hasPlaces(file);
  return file.columns.map((column, index) => {
    const isTyped = RECBOLE_TYPE.test(column);
    const type = file.layout.kind === 'parquet' ? file.layout.types[index] : undefined;
    return {
      value: byPlace ? index + 1 : isTyped ? column.replace(RECBOLE_TYPE, '') : column,
      detail: type ?? describeValues(samples[index] ?? []),
    };
  });
}

/**
 * Columns in the order in which they are likely meant: the one that the message names, then by what such columns are often
 * called and what they hold.
 * @param wanted what the config calls it; empty where it names none yet
 * @param role what the column is for, such as `user`
 * @param taken columns that are for something else already
 */
export function rankColumns(
  choices: readonly DataChoice[],
  wanted: string,
  role: string,
  taken: ReadonlySet<string>,
): DataChoice[] {
  const names = choices.map(({ value }) => String(value));
  const nearest = wanted === '' ? null : nearestColumn(names, wanted);
  const unlikeliness = ({ value, detail }: DataChoice) => {
    const name = String(value);
    if (name === nearest) return -2;
    const isUsual = USUAL_NAMES[role]?.test(name) === true;
    const isNumber = /number|INT|DOUBLE|FLOAT|DECIMAL/.test(detail);
    const holdsOther =
      (role === 'rating' && !isNumber) ||
      (role === 'timestamp' && !isNumber && !/date|DATE|TIME/.test(detail)) ||
      (role === 'title' && isNumber);
    return (isUsual ? 0 : 2) + (taken.has(name) ? 2 : 0) + (holdsOther ? 1 : 0);
  };
  // Once for each: a table may have very many.
  return choices
    .map((choice) => ({ choice, rank: unlikeliness(choice) }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ choice }) => choice);
}

/** Some values of each column, from the start of a text file; none of other files. */
async function sampleOf(file: DataFile): Promise<string[][]> {
  const { layout, path, label, encoding, columns } = file;
  if (layout.kind === 'parquet' || layout.kind === 'sequences') return [];
  const { head } = await readHead(path, label);
  const text = decodeHead(head, encoding, label);
  if (layout.kind === 'json') {
    if (layout.format !== 'newline_delimited') return [];
    const objects = text.split('\n').slice(0, SAMPLE).map(parseObject);
    return columns.map((column) => present(objects.map((object) => object[column])));
  }
  const records = splitRecords(text, layout, SAMPLE + 1).filter(({ endLine }) => endLine > layout.skip);
  return columns.map((_, index) => present(records.map(({ fields }) => fields[index])));
}

function parseObject(line: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function present(values: readonly unknown[]): string[] {
  return values
    .filter((value) => typeof value === 'string' || typeof value === 'number')
    .map((value) => String(value).trim())
    .filter((value) => value !== '');
}

function describeValues(values: readonly string[]): string {
  const [first] = values;
  if (first === undefined) return '';
  const all = (pattern: RegExp) => values.every((value) => pattern.test(value));
  const kind = all(/^[+-]?\d+$/)
    ? 'whole numbers'
    : all(/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i)
      ? 'numbers'
      : all(/^\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}/)
        ? 'dates'
        : 'text';
  return `${kind}, such as ${shorten(first)}`;
}
