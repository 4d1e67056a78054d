import { sqlString } from './duckDb';

/** What programs write where they have no value. Somebody may be called so: these count as ids, and are named. */
export const DOUBTFUL_IDS = [
  'nan', 'null', 'none', 'nil', 'na', 'n/a', '<na>', '#n/a', 'undefined', 'unknown', 'missing', '-', '?',
]; // prettier-ignore

/** The same where only a number or a time can stand. */
const NO_NUMBER = ['nan', '-nan', 'null', 'none', 'nil', 'na', 'n/a', '<na>', '#n/a', 'nat'];

/**
 * SQL for a text, or NULL where it is missing: blank, `\N` (as databases write it), or one of the texts that the config
 * lists in `dataset.missing`.
 */
export function presentText(text: string, missing: readonly string[]): string {
  const absent = ['\\N', ...missing].map(sqlString).join(', ');
  return `CASE WHEN trim(${text}) <> '' AND ${text} NOT IN (${absent}) THEN ${text} END`;
}

/** SQL for the same where a number or a time is expected: NaN and its like are missing too. */
export function presentNumber(text: string, missing: readonly string[]): string {
  const absent = NO_NUMBER.map(sqlString).join(', ');
  return `CASE WHEN lower(trim(${text})) NOT IN (${absent}) THEN ${presentText(text, missing)} END`;
}

/**
 * SQL for the text of a column of a DuckDB type. A list comes as JSON, so that its values can be told apart. Of a column of floating-point numbers, NaN and the infinite are missing, and
 * whole numbers have no `.0`: dataframes make such columns of ids as soon as one is missing.
 */
export function textOf(column: string, type: string): string {
  if (type.endsWith('[]')) return `CAST(to_json(${column}) AS VARCHAR)`;
  // NaN is no JSON, but Python writes it.
  if (type === 'JSON')
    return `CASE WHEN CAST(${column} AS VARCHAR) NOT IN ('NaN', 'Infinity', '-Infinity') THEN ${column} ->> '$' END`;
  if (type !== 'DOUBLE' && type !== 'FLOAT') return `CAST(${column} AS VARCHAR)`;
  return (
    `CASE WHEN isfinite(${column}) THEN CASE WHEN trunc(${column}) = ${column} AND abs(${column}) < 1e15 ` +
    `THEN CAST(CAST(${column} AS BIGINT) AS VARCHAR) ELSE CAST(${column} AS VARCHAR) END END`
  );
}

/** Whether a text stands for a missing number; `missing` is the config's list. */
export function isNoNumber(text: string): boolean {
  return text === '' || NO_NUMBER.includes(text.toLowerCase());
}
