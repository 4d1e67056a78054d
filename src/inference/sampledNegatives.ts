import { STREAMS } from '../compute/randomStreams';
import { RandomStream } from '../compute/random';
import type { PreparedDataset } from '../dataset/preparedDataset';
import type { SampledNegatives } from '../protocol/evaluation';
import { firstAbove } from '../model/batches/firstAbove';
import { modelDataOf } from './modelData';

/**
 * The items that each user's held-out item is ranked against in the protocol of sampled negatives: distinct, and none that
 * the user ever met, or where seen items stay candidates, any but the held-out one. They depend on the data, the seed, the
 * user and that item alone, so every model is measured on the same ones.
 * @param others which items to draw from: those that the user never met, or all but this one of the user
 */
export function sampleNegatives(
  dataset: PreparedDataset,
  { count, distribution, seed }: SampledNegatives,
  others: 'unseen' | ((user: number) => number),
): (user: number) => Uint32Array {
  const { offsets, items, numItems } = dataset;
  const ends = distribution === 'popularity' ? cumulativeCounts(modelDataOf(dataset).itemCounts) : null;
  return (user) => {
    const random = new RandomStream(seed, STREAMS.evaluationNegatives, user);
    const excluded = new Set(
      others === 'unseen' ? items.subarray(offsets[user], offsets[user + 1]) : [others(user)],
    );
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

/** Sums of the counts up to and with each item, from the padding. */
function cumulativeCounts(counts: Uint32Array): Float64Array {
  let sum = 0;
  return Float64Array.from(counts, (count) => (sum += count));
}
