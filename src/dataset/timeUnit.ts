import type { DuckDBConnection } from '@duckdb/node-api';
import { readRows } from './duckDb';
import { thousands } from '../protocol/thousands';

/** Seconds since 1970 stay below this until the year 5138; the same moments in ms, µs and ns are above it. */
const LARGEST_SECONDS = 1e11;
const UNITS = [
  { name: 'seconds', perSecond: 1 },
  { name: 'milliseconds', perSecond: 1e3 },
  { name: 'microseconds', perSecond: 1e6 },
  { name: 'nanoseconds', perSecond: 1e9 },
] as const;
const YEAR_2100 = 4_102_444_800;
const DAY = 86_400;
/** Numbers below this, March 1973, are no times beside dates: they are counts, or days. */
const LEAST_BESIDE_DATES = 1e8;

/** SQL: the place of a number's unit in {@link UNITS}, told by its size. 0 and −1 say nothing: they stand for missing times. */
const unitOf = `CASE WHEN abs(time) < ${LARGEST_SECONDS} THEN 0 WHEN abs(time) < ${LARGEST_SECONDS}::DOUBLE * 1e3 THEN 1
  WHEN abs(time) < ${LARGEST_SECONDS}::DOUBLE * 1e6 THEN 2 ELSE 3 END`;
const tellsUnit = '(NOT is_date AND time NOT IN (0, -1))';

/** What the times of a column are. */
export interface TimeUnit {
  /** SQL over `time` and `is_date`: seconds since 1970. */
  seconds: string;
  warnings: string[];
  /** Times that cannot be in the unit of the others; null without any. */
  foreign: {
    /** SQL over `time` and `is_date`. */
    condition: string;
    /** What is wrong with one of them. */
    explain: (time: number) => string;
  } | null;
}

/**
 * Finds out the unit of the times in a table or view with columns `time` and `is_date`. Dates are in seconds already. The unit of
 * numbers is told by the size of most of them: above 10¹¹ they are milliseconds, above 10¹⁴ microseconds, above 10¹⁷ nanoseconds.
 * Numbers of another unit are foreign, because they would put a user's interactions in a wrong order.
 */
export async function findTimeUnit(
  connection: DuckDBConnection,
  table: string,
  column: string,
): Promise<TimeUnit> {
  const ofUnit = UNITS.map((_, unit) => `count(*) FILTER (${tellsUnit} AND ${unitOf} = ${unit})`);
  const [counted] = await readRows(
    connection,
    `SELECT count(*) FILTER (is_date), count(*) FILTER (is_date AND time >= ${LEAST_BESIDE_DATES}), ${ofUnit.join(', ')} FROM ${table}`,
  );
  const [numDates, numLateDates, ...counts] = counted!.map(Number) as [number, number, ...number[]];
  const numNumbers = counts.reduce((sum, count) => sum + count, 0);
  const most = counts.indexOf(Math.max(...counts));
  const { name, perSecond } = UNITS[most]!;
  const seconds = `CASE WHEN is_date THEN time ELSE time / ${perSecond} END`;

  const warnings: string[] = [];
  if (numDates > 0 && numNumbers > 0) {
    warnings.push(
      `\`${column}\` holds ${thousands(numDates)} dates and ${thousands(numNumbers)} numbers, which were read as ${name} since 1970.`,
    );
  } else if (perSecond > 1) {
    warnings.push(`The times in \`${column}\` were read as ${name} since 1970, because of their size.`);
  }
  if (counts[most]! < numNumbers) {
    return {
      seconds,
      warnings,
      foreign: {
        condition: `${tellsUnit} AND ${unitOf} <> ${most}`,
        explain: (time) =>
          `which would be ${moment(time / UNITS[unitIndex(time)]!.perSecond)} in ${UNITS[unitIndex(time)]!.name} and ${moment(time / perSecond)} in ${name}. ` +
          `Most of its times are ${name} since 1970.`,
      },
    };
  }
  if (most === 0 && numLateDates * 2 > numDates) {
    const condition = `${tellsUnit} AND time < ${LEAST_BESIDE_DATES}`;
    const [few] = await readRows(connection, `SELECT count(*) FROM ${table} WHERE ${condition}`);
    if (Number(few![0]) > 0) {
      return {
        seconds,
        warnings,
        foreign: {
          condition,
          explain: (time) =>
            `which would be ${moment(time)} in seconds since 1970, beside dates that are years later.`,
        },
      };
    }
  }
  return { seconds, warnings: [...warnings, ...(await oddTimes(connection, table, seconds))], foreign: null };
}

async function oddTimes(connection: DuckDBConnection, table: string, seconds: string): Promise<string[]> {
  const [counted] = await readRows(
    connection,
    `SELECT count(*) FILTER (t < 0), count(*) FILTER (t >= 0 AND t < ${DAY}), count(*) FILTER (t >= ${DAY * 365}), count(*) FILTER (t > ${YEAR_2100})
     FROM (SELECT ${seconds} AS t FROM ${table})`,
  );
  const [beforeStart, firstDay, later, after2100] = counted!.map(Number) as [number, number, number, number];
  const warnings: string[] = [];
  if (beforeStart > 0) {
    warnings.push(
      `Times before 1970 (negative numbers): ${thousands(beforeStart)}. They count as the oldest; ${LEAVE_OUT}.`,
    );
  }
  // Where most times are such, they are counts.
  if (firstDay > 0 && later > firstDay) {
    warnings.push(
      `Times of 0 or on 1970-01-01: ${thousands(firstDay)}, while most are years later. They count as the oldest; ${LEAVE_OUT}.`,
    );
  }
  if (after2100 > 0) warnings.push(`Times after the year 2100: ${thousands(after2100)}. Are they right?`);
  return warnings;
}

const LEAVE_OUT = 'if they mark missing times, list them in `dataset.missing`';

function unitIndex(time: number): number {
  const size = Math.abs(time);
  return size < LARGEST_SECONDS ? 0 : size < LARGEST_SECONDS * 1e3 ? 1 : size < LARGEST_SECONDS * 1e6 ? 2 : 3;
}

/** A moment in words, such as `2013-08-17 00:09`. */
function moment(seconds: number): string {
  const date = new Date(seconds * 1000);
  const text = Number.isNaN(date.getTime()) ? '' : date.toISOString();
  return /^\d{4}-/.test(text) ? text.slice(0, 16).replace('T', ' ') : `${seconds} seconds from 1970`;
}
