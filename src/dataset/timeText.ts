import type { DuckDBConnection } from '@duckdb/node-api';
import { shorten } from './dataFile';
import { DatasetError } from './datasetError';
import { readRows, sqlString } from './duckDb';
import { presentNumber } from './missingValues';

/** How texts become times. */
export interface TimeText {
  /** SQL over `time_text`: a number as it is, or a date as seconds since 1970; NULL where it is neither. */
  number: string;
  /** SQL over `time_text`: whether it is a date. */
  isDate: string;
  /** What is expected, for messages. */
  expected: string;
  warnings: string[];
}

// DuckDB takes `24/01/05` for a day of the year 24: a date that begins with fewer than four digits is left to the forms below.
const NUMBER_OR_DATE =
  "coalesce(TRY_CAST(time_text AS DOUBLE), CASE WHEN NOT regexp_matches(time_text, '^\\s*\\d{1,3}[^\\d]') THEN epoch(TRY_CAST(time_text AS TIMESTAMPTZ)) END)";
const IS_NO_NUMBER = '(time_text IS NOT NULL AND TRY_CAST(time_text AS DOUBLE) IS NULL)';
const PLAIN: TimeText = {
  number: NUMBER_OR_DATE,
  isDate: IS_NO_NUMBER,
  expected: 'a number or a date such as 2013-02-28T13:37:00Z',
  warnings: [],
};

const CLOCKS = ['', ' %H:%M', ' %H:%M:%S', ' %I:%M:%S %p', ' %I:%M %p'];
const DAYS = ['%m/%d/%Y', '%d/%m/%Y', '%m-%d-%Y', '%d-%m-%Y', '%d.%m.%Y', '%Y/%m/%d', '%Y.%m.%d'];
/** With a year of two digits. */
const SHORT_DAYS = [
  '%m/%d/%y',
  '%d/%m/%y',
  '%m-%d-%y',
  '%d-%m-%y',
  '%d.%m.%y',
  '%y-%m-%d',
  '%y/%m/%d',
  '%d-%b-%y',
];
const WORDS = ['%m %d, %Y', '%b %d, %Y', '%B %d, %Y', '%d %b %Y', '%d %B %Y', '%d-%b-%Y'];
/** Forms of dates beside the ISO one. */
const FORMATS = [
  ...[...DAYS, ...SHORT_DAYS, ...WORDS].flatMap((day) => CLOCKS.map((clock) => day + clock)),
  '%a %b %d %H:%M:%S %z %Y',
  '%a, %d %b %Y %H:%M:%S %z',
];
/** How many times are looked at to see whether they are of another form. */
const SAMPLE = 1000;

/** SQL for the seconds of a date of this form. `%Y` also takes `24`, which is no year: NULL then. */
function dateOf(format: string): string {
  const date = `try_strptime(time_text, ${sqlString(format)})`;
  return `CASE WHEN year(${date}) >= 1000 THEN epoch(${date}) END`;
}

/**
 * Finds out how the times in the column `time_text` of `select` are written: as the config says, as numbers and ISO dates, or in
 * the one common form that reads all of them.
 * @throws DatasetError when two forms do and disagree, or the config's cannot be one
 */
export async function findTimeText(
  connection: DuckDBConnection,
  select: string,
  { timeFormat, missing }: { timeFormat?: string | undefined; missing: readonly string[] },
  column: string,
): Promise<TimeText> {
  if (timeFormat !== undefined) {
    const number = dateOf(timeFormat);
    try {
      await readRows(connection, `SELECT ${number} FROM (SELECT 'x' AS time_text)`);
    } catch {
      throw new DatasetError(
        'dataset/bad-time',
        `\`dataset.timeFormat\` (\`${timeFormat}\`) is not a date format. Expected format codes of strptime, such as \`%d.%m.%Y %H:%M:%S\`.`,
      );
    }
    return {
      number,
      isDate: 'time_text IS NOT NULL',
      expected: `a date of the form \`${timeFormat}\``,
      warnings: [],
    };
  }
  const present = `(SELECT ${presentNumber('time_text', missing)} AS time_text FROM (${select}))`;
  const other = `${IS_NO_NUMBER} AND ${NUMBER_OR_DATE} IS NULL`;
  const reads = (formats: readonly string[]) =>
    formats.map((format) => `count(*) FILTER (${dateOf(format)} IS NULL) = 0`);
  const fitting = async (formats: readonly string[], rows: string): Promise<string[]> => {
    const select = reads(formats).join(', ');
    const [fits] = await readRows(connection, `SELECT ${select} FROM ${rows} WHERE ${other}`);
    return formats.filter((_, index) => fits![index] === true);
  };
  const head = `(SELECT * FROM ${present} WHERE time_text IS NOT NULL LIMIT ${SAMPLE})`;
  // Asked by itself: DuckDB plans the question about all forms for 150 ms, and most files have none of them.
  const [found] = await readRows(connection, `SELECT any_value(time_text) FROM ${head} WHERE ${other}`);
  const example = found![0] as string | null;
  if (example === null) return { ...PLAIN, warnings: await compactDates(connection, head, column) };
  const sample = await fitting(FORMATS, head);
  if (sample.length === 0) return PLAIN;
  const [format, second] = sample.length === 1 ? sample : await fitting(sample, present);
  if (format === undefined) return PLAIN;
  if (second !== undefined) {
    throw new DatasetError(
      'dataset/bad-time',
      `The times in \`${column}\`, such as \`${shorten(example)}\`, can be read as \`${format}\` and as \`${second}\`. ` +
        'Set `dataset.timeFormat` to the right one.',
    );
  }
  return {
    number: `coalesce(${NUMBER_OR_DATE}, ${dateOf(format)})`,
    isDate: IS_NO_NUMBER,
    expected: `a number or a date of the form \`${format}\``,
    warnings: [`The dates in \`${column}\` were read as \`${format}\`, which fits all of them.`],
  };
}

/** Names times such as 20240131, which are counts as they stand: their order is right, the time between them is not. */
async function compactDates(connection: DuckDBConnection, rows: string, column: string): Promise<string[]> {
  const isDate = `regexp_matches(time_text, '^(19|20)\\d{6}$') AND try_strptime(time_text, '%Y%m%d') IS NOT NULL`;
  const [found] = await readRows(
    connection,
    `SELECT any_value(time_text), bool_and(coalesce(${isDate}, false)) FROM ${rows}`,
  );
  const [example, all] = found!;
  if (all !== true) return [];
  return [
    `The times in \`${column}\`, such as ${String(example)}, look like dates of the form \`%Y%m%d\`, but were read as numbers. ` +
      'If they are dates, set `dataset.timeFormat` to it.',
  ];
}
