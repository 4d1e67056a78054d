import { RandomStream } from '../../compute/random';
import { STREAMS } from '../../compute/randomStreams';
import type { TrainingData } from './batchBuilder';
import type { NegativeSampler } from './negativeSampler';

/* Histories of examples, and items that were not chosen in the place of theirs. */

/** Histories that end in the last column, with 0 before them: `[rows, length]`. */
export function leftPadded(rows: readonly Uint32Array[], length: number): Int32Array {
  const padded = new Int32Array(rows.length * length);
  rows.forEach((row, index) => padded.set(row, (index + 1) * length - row.length));
  return padded;
}

/** For each of all interactions another item than its own. */
export function fixedNegatives({ items, numItems }: TrainingData, seed: number): Uint32Array {
  const random = new RandomStream(seed, STREAMS.fixedNegatives);
  return items.map((item) => {
    const other = 1 + random.nextInt(numItems - 1);
    return other < item ? other : other + 1;
  });
}

/** For each item of the histories one that its user has not met; 0 where they are padding. */
export function negativeHistories(
  sampler: NegativeSampler,
  random: RandomStream,
  users: Int32Array,
  histories: Int32Array,
  length: number,
): Int32Array {
  const negatives = new Int32Array(histories.length);
  histories.forEach((item, place) => {
    if (item === 0) return;
    sampler.draw(random, users[Math.floor(place / length)]!, item, negatives, place, 1, histories);
  });
  return negatives;
}
