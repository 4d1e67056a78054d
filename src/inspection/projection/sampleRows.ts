import { STREAMS } from '../../compute/randomStreams';
import { RandomStream } from '../../compute/random';
import type { Sampling } from '../../protocol/projection';
import { InspectionError } from '../inspectionError';

/**
 * Which rows are drawn, ascending: all where there are few enough, else a random one of each of as many equal ranges of
 * popularity. So each degree of popularity has its share of the points, and each row the same chance.
 * @param popularity by row; where it is null, ranges are of rows
 * @throws InspectionError
 */
export function sampleRows(
  numRows: number,
  { maxPoints, seed }: Sampling,
  popularity: Uint32Array | null,
): Uint32Array {
  if (!Number.isInteger(maxPoints) || maxPoints < 1) {
    throw new InspectionError(
      'inspection/bad-sampling',
      `A sample of ${maxPoints} points was requested; expected a whole number of at least 1.`,
    );
  }
  const rows = Uint32Array.from({ length: numRows }, (_, row) => row);
  if (numRows <= maxPoints) return rows;
  if (popularity !== null) rows.sort((a, b) => popularity[b]! - popularity[a]! || a - b);
  const random = new RandomStream(seed, STREAMS.rowSample);
  const sample = Uint32Array.from({ length: maxPoints }, (_, range) => {
    const [from, to] = [range, range + 1].map((bound) => Math.floor((bound * numRows) / maxPoints)) as [
      number,
      number,
    ];
    return rows[from + random.nextInt(to - from)]!;
  });
  return sample.sort();
}
