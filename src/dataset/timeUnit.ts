import { DatasetError } from './datasetError';

/** Seconds since 1970 stay below this until the year 5138; the same moments in ms, µs and ns are above it. */
const LARGEST_SECONDS = 1e11;
const UNITS = [
  { name: 'seconds', perSecond: 1 },
  { name: 'milliseconds', perSecond: 1e3 },
  { name: 'microseconds', perSecond: 1e6 },
  { name: 'nanoseconds', perSecond: 1e9 },
] as const;
const YEAR_2100 = 4_102_444_800;

/**
 * Turns times into seconds in place. The unit is told by the size of most of them: numbers above 10¹¹ are
 * milliseconds, above 10¹⁴ microseconds, above 10¹⁷ nanoseconds. Returns warnings about what looks odd.
 * Throws a DatasetError when some values are so large that they cannot be in the unit of the others,
 * because then the order of a user's interactions would be wrong.
 */
export function normalizeTimes(times: Float64Array, column: string): string[] {
  const counts = UNITS.map(() => 0);
  for (const time of times) counts[unitIndex(time)]!++;
  const unit = UNITS[counts.indexOf(Math.max(...counts))]!;
  let beforeStart = 0;
  let after2100 = 0;
  let largest = 0;
  for (let row = 0; row < times.length; row++) {
    const time = times[row]! / unit.perSecond;
    times[row] = time;
    if (time < 0) beforeStart++;
    if (time > YEAR_2100) after2100++;
    if (Math.abs(time) > Math.abs(largest)) largest = time;
  }
  if (Math.abs(largest) > LARGEST_SECONDS) {
    throw new DatasetError(
      'dataset/bad-time',
      `Column \`${column}\` holds the time ${largest * unit.perSecond}, while most of its times are ${unit.name} since 1970. ` +
        'Expected one unit: times of different units would put interactions in a wrong order. Correct them, or leave them out with `dataset.query`.',
    );
  }
  const warnings: string[] = [];
  if (unit.perSecond > 1)
    warnings.push(`The times in \`${column}\` were read as ${unit.name} since 1970, because of their size.`);
  if (beforeStart > 0) {
    warnings.push(
      `Times before 1970 (negative numbers): ${beforeStart.toLocaleString('en')}. They count as the oldest; if they stand for missing times, leave them out with \`dataset.query\`.`,
    );
  }
  if (after2100 > 0)
    warnings.push(`Times after the year 2100: ${after2100.toLocaleString('en')}. Are they right?`);
  return warnings;
}

function unitIndex(time: number): number {
  const size = Math.abs(time);
  return size < LARGEST_SECONDS ? 0 : size < LARGEST_SECONDS * 1e3 ? 1 : size < LARGEST_SECONDS * 1e6 ? 2 : 3;
}
