import { STREAMS } from '../compute/randomStreams';
import { RandomStream } from '../compute/random';
import type { PreparedDataset } from '../dataset/preparedDataset';
import type { SampledNegatives } from '../protocol/evaluation';
import { firstAbove } from '../model/batches/firstAbove';
import { modelDataOf } from './modelData';

/**
 * The items that each user's held-out items are ranked against in the protocol of sampled negatives: distinct, and fewer only where
 * there are not so many. They depend on the data, the seed, the user and what is excluded alone, so every model is measured on the
 * same ones.
 * @param excludedOf items that are no negatives of a user: all that they ever met, or where seen items stay candidates, the held-out
 *   ones
 */
export function sampleNegatives(
  dataset: PreparedDataset,
  { count, distribution, seed }: SampledNegatives,
  excludedOf: (user: number) => Uint32Array,
): (user: number) => Uint32Array {
  const { numItems } = dataset;
  const ends = distribution === 'popularity' ? cumulativeCounts(modelDataOf(dataset).itemCounts) : null;
  return (user) => {
    const random = new RandomStream(seed, STREAMS.evaluationNegatives, user);
    const excluded = new Set(excludedOf(user));
    const drawn = new Set<number>();
    // Where most of what is left is wanted, or some of it has no weight, drawing would not come to an end.
    for (let draws = 0; drawn.size < count && draws < 20 * count; draws++) {
      const item =
        ends === null ? 1 + random.nextInt(numItems) : firstAbove(ends, random.nextInt(ends.at(-1)!));
      if (!excluded.has(item)) drawn.add(item);
    }
    if (drawn.size < count) {
      const rest = Uint32Array.from({ length: numItems }, (_, place) => place + 1).filter(
        (item) => !excluded.has(item) && !drawn.has(item),
      );
      random.shuffle(rest);
      for (const item of rest.subarray(0, count - drawn.size)) drawn.add(item);
    }
    return Uint32Array.from(drawn);
  };
}

/** Whose negatives are fewer than wanted, because all other items are excluded; undefined where nobody's are. */
export function fewerNegatives(
  users: Uint32Array,
  numItems: number,
  count: number,
  excludedOf: (user: number) => Uint32Array,
): SampledNegatives['fewer'] {
  let numFewer = 0;
  let fewest = count;
  for (const user of users) {
    const excluded = excludedOf(user);
    if (numItems - excluded.length >= count) continue;
    const left = numItems - new Set(excluded).size;
    if (left < count) numFewer++;
    fewest = Math.min(fewest, left);
  }
  return numFewer === 0 ? undefined : { users: numFewer, fewest };
}

/** Sums of the counts up to and with each item, from the padding. */
function cumulativeCounts(counts: Uint32Array): Float64Array {
  let sum = 0;
  return Float64Array.from(counts, (count) => (sum += count));
}
