import { RandomStream } from '../compute/random';
import type { PreparedDataset } from '../dataset/preparedDataset';
import type { SampledNegatives } from '../protocol/evaluation';
import { firstAbove } from './firstAbove';
import { modelDataOf } from './modelData';

/** Name of the random stream that the negatives are drawn from; the user's index follows. */
const NEGATIVES = 6;

/**
 * The items that each user's held-out item is ranked against in the protocol of sampled negatives: distinct, and none that
 * the user ever met. They depend on the data, the seed and the user alone, so every model is measured on the same ones.
 */
export function sampleNegatives(
  dataset: PreparedDataset,
  { count, distribution, seed }: SampledNegatives,
): (user: number) => Uint32Array {
  const { offsets, items, numItems } = dataset;
  const ends = distribution === 'popularity' ? cumulativeCounts(modelDataOf(dataset).itemCounts) : null;
  return (user) => {
    const random = new RandomStream(seed, NEGATIVES, user);
    const met = new Set(items.subarray(offsets[user], offsets[user + 1]));
    const drawn = new Set<number>();
    // Where most of what is left is wanted, or some of it has no weight, drawing would not come to an end.
    for (let draws = 0; drawn.size < count && draws < 20 * count; draws++) {
      const item =
        ends === null ? 1 + random.nextInt(numItems) : firstAbove(ends, random.nextInt(ends.at(-1)!));
      if (!met.has(item)) drawn.add(item);
    }
    if (drawn.size < count) {
      const left = Uint32Array.from({ length: numItems }, (_, place) => place + 1).filter(
        (item) => !met.has(item) && !drawn.has(item),
      );
      random.shuffle(left);
      for (const item of left.subarray(0, count - drawn.size)) drawn.add(item);
    }
    return Uint32Array.from(drawn);
  };
}

/** Sums of the counts up to and with each item, from the padding. */
function cumulativeCounts(counts: Uint32Array): Float64Array {
  let sum = 0;
  return Float64Array.from(counts, (count) => (sum += count));
}
