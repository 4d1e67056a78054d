import { plainName } from '../config/nearestName';
import type { ReadingOptions } from '../options/readingSchema';
import { shorten, type DelimitedLayout, type SequencesLayout } from './dataFile';
import { knownFile } from './knownFiles';
import { looksLikeHeader } from './looksLikeHeader';
import { separatorName } from './separatorName';
import { splitRecords, type SplitRecord } from './splitRecords';

/** How a text is divided into rows and columns, and what of that was guessed. */
export interface DelimitedGuess {
  layout: DelimitedLayout | SequencesLayout;
  columns: string[];
  aliases: Record<string, number>;
  guesses: string[];
  firstLine?: string;
}

/** How many records are looked at. */
const SAMPLE = 200;
const SEPARATORS = [',', '\t', ';', '|'];
/** Names that promise tabs. */
const TAB_NAME = /\.(tsv|tab|inter|item|user)$/i;
/** Fewer records than this share may differ from the others in their number of values. */
const ALIKE = 0.8;

/**
 * Finds out how a text with a record per line is read, from its first lines; `options` overrule what they look like.
 * `wanted` are the names of columns that the config uses.
 */
export function guessDelimited(
  text: string,
  name: string,
  options: ReadingOptions,
  wanted: readonly string[],
): DelimitedGuess {
  const guesses: string[] = [];
  const declared = /^\s*sep=(.+?)\r?\n/i.exec(text);
  const separator =
    options.separator?.replaceAll('\\t', '\t') ?? declared?.[1] ?? guessSeparator(text, options);
  const quote = options.quote ?? guessQuote(text, separator, options);
  const guessedEscape = () => (hasBackslashQuotes(text, separator, quote) ? '\\' : quote);
  const escape = options.escape === '' ? quote : (options.escape ?? guessedEscape());
  const layout: DelimitedLayout = {
    kind: 'delimited',
    separator,
    quote,
    escape,
    skip: 0,
    guessed: {
      quote: options.quote === undefined && options.format !== 'recbole',
      escape: options.escape === undefined,
    },
  };
  const noteSeparator = () => {
    const isPlain = separator === ',' || (separator === '\t' && TAB_NAME.test(name));
    if (options.separator === undefined && !isPlain) guesses.push(`separated by ${separatorName(separator)}`);
  };
  const all = splitRecords(text, layout, SAMPLE);
  if (declared) all.shift();
  const comments = options.header === false ? 0 : countComments(all);
  const records = all.slice(comments);
  const [first] = records;
  if (!first) return { layout, columns: [], aliases: {}, guesses };
  if (comments > 0) guesses.push(`${comments} comment ${comments === 1 ? 'line' : 'lines'} in front`);
  if (
    options.format === 'sequences' ||
    (options.format === 'auto' && areSequences(records, separator, options))
  ) {
    noteSeparator();
    if (options.format === 'auto') guesses.push('a line per user with their items, oldest first');
    return {
      layout: { kind: 'sequences', separator, skip: comments },
      columns: ['user', 'items'],
      aliases: { userid: 0, '1': 0, items: 1, '2': 1 },
      guesses,
    };
  }
  const rows = records.map(({ fields }) => fields);
  const names = Array.isArray(options.header) ? options.header : null;
  const hasHeader =
    options.header === undefined || names
      ? looksLikeHeader(rows, names ?? wanted, names === null)
      : options.header === true;
  const linesBefore = (all[comments - 1]?.endLine ?? 0) || (declared ? 1 : 0);
  layout.skip = hasHeader ? first.endLine : linesBefore;
  noteSeparator();
  if (hasHeader && !names) {
    const columns = first.fields.map((field) => field.trim());
    const twice = columns.find((column, index) => wanted.includes(column) && columns.indexOf(column) < index);
    if (twice !== undefined)
      guesses.push(`several columns called \`${shorten(twice)}\`, of which the first is used`);
    return { layout, aliases: {}, guesses, columns: completeHeader(columns, rows.slice(1), guesses) };
  }
  const numColumns = mostFrequent(rows.map((row) => row.length));
  const known = names ? undefined : knownFile(name, numColumns);
  const places = Array.from({ length: numColumns }, (_, index) => String(index + 1));
  const columns = names ?? known?.columns ?? places;
  const aliases = Object.fromEntries(places.map((place, index) => [place, index]));
  for (const [index, column] of columns.entries()) aliases[plainName(column)] ??= index;
  for (const [role, column] of Object.entries(known?.roles ?? {}))
    aliases[plainName(role)] ??= columns.indexOf(column);
  if (options.header === undefined) {
    guesses.push(
      known
        ? `no header, columns as in ${known.dataset} (${columns.slice(0, 8).join(', ')}${columns.length > 8 ? ', …' : ''})`
        : `no header, columns by position (\`1\` to \`${numColumns}\`)`,
    );
  } else if (names && hasHeader) guesses.push('its first line names columns and is not a row');
  return {
    layout,
    columns,
    aliases,
    guesses,
    ...(hasHeader ? {} : { firstLine: first.fields.join(separator) }),
  };
}

/** What the first records are divided by alike; of several, what gives the most values. */
function guessSeparator(text: string, { format, header }: ReadingOptions): string {
  if (format === 'recbole' || format === 'tsv') return '\t';
  if (format === 'sequences') return /^[^\n]*\t/.test(text) ? '\t' : /^[^\n]* /.test(text) ? ' ' : ',';
  const candidates = text.includes('::') ? ['::', ...SEPARATORS] : SEPARATORS;
  let best = { separator: ',', numFields: 1 };
  for (const separator of candidates) {
    const quote = separator === '::' ? '' : '"';
    let records = splitRecords(text, { separator, quote, escape: quote }, SAMPLE);
    if (header !== false) records = records.slice(countComments(records));
    const numFields = records[0]?.fields.length ?? 0;
    const alike = records.filter(
      ({ fields }) => Math.abs(fields.length - numFields) <= 1 && fields.length > 1,
    );
    if (numFields < 2 || alike.length < ALIKE * records.length) continue;
    if (separator === '::') return separator;
    if (numFields > best.numFields) best = { separator, numFields };
  }
  if (best.numFields > 1) return isPadded(text, best.separator) ? `${best.separator} ` : best.separator;
  const [line = ''] = text.split('\n', 1);
  return line.trim().includes(' ') && line.trim().split(' ').length > 1 ? ' ' : ',';
}

/** Whether a space stands behind each separator, so that it belongs to it and not to the values. */
function isPadded(text: string, separator: string): boolean {
  if (separator === '\t') return false;
  const lines = text.split('\n').slice(0, SAMPLE);
  return lines.every((line) =>
    line
      .split(separator)
      .slice(1)
      .every((field) => field.startsWith(' ')),
  );
}

/**
 * The quote that values stand in. Text separated by tabs has none by IANA's definition, but pandas and R write some; so it
 * counts only where the first lines are plainly quoted.
 */
function guessQuote(text: string, separator: string, { format }: ReadingOptions): string {
  if (format === 'recbole' || format === 'sequences') return '';
  if ([',', ';', '|'].includes(separator.trim())) return '"';
  const [header] = splitRecords(text, { separator, quote: '', escape: '' }, 1);
  const isQuoted = (field: string) => /^"[^"]*"$/.test(field.trim());
  return header?.fields.every(isQuoted) === true ? '"' : '';
}

/** Whether a quote behind a backslash, in front of something that cannot follow the end of a value, stands inside one. */
function hasBackslashQuotes(text: string, separator: string, quote: string): boolean {
  if (quote === '') return false;
  let at = text.indexOf(`\\${quote}`);
  for (; at >= 0; at = text.indexOf(`\\${quote}`, at + 2)) {
    const next = at + 2;
    if (next < text.length && !/["\r\n]/.test(text[next]!) && !text.startsWith(separator, next)) return true;
  }
  return false;
}

/** Lines in front that start with `#` and are divided otherwise than the lines behind them. */
function countComments(records: readonly SplitRecord[]): number {
  let count = 0;
  while (records[count]?.fields[0]?.startsWith('#') === true) count++;
  const next = records[count]?.fields.length;
  return count > 0 && next !== undefined && records[count - 1]!.fields.length !== next ? count : 0;
}

/** Lines of a user and their items differ in length, and no user comes twice. */
function areSequences(records: readonly SplitRecord[], separator: string, options: ReadingOptions): boolean {
  if (![' ', '\t'].includes(separator) || options.header !== undefined || records.length < 2) return false;
  const lengths = records.map(({ fields }) => fields.length);
  const users = new Set(records.map(({ fields }) => fields[0]));
  return (
    new Set(lengths).size > 1 &&
    Math.min(...lengths) >= 2 &&
    users.size === records.length &&
    lengths.filter((length) => length === mostFrequent(lengths)).length < ALIKE * lengths.length &&
    records.every(({ fields }) => fields.every((field) => field !== '' && field.length < 64))
  );
}

/** The columns where rows have one value more than the header: row names in front, or a separator at their ends. */
function completeHeader(columns: string[], rows: readonly string[][], guesses: string[]): string[] {
  if (rows.length === 0 || !rows.every((row) => row.length === columns.length + 1)) return columns;
  if (rows.every((row) => row.at(-1)!.trim() === '')) {
    guesses.push('a separator at the end of each row');
    return [...columns, ''];
  }
  guesses.push('a row name before each row, which the header does not name');
  return ['', ...columns];
}

function mostFrequent(values: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].reduce((best, entry) => (entry[1] > best[1] ? entry : best))[0];
}
