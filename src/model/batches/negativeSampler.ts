import type { RandomStream } from '../../compute/random';
import { samplingWeights, type Sampler } from '../parts/samplingWeights';
import { itemCountsOf, type TrainingData } from './batchBuilder';
import { firstAbove } from './firstAbove';

/** How often an item is drawn again that should not be a negative, before it is taken as it is. */
const MAX_DRAWS = 100;

/** Draws items that a user did not choose. Users are numbered from 0, items from 1. */
export class NegativeSampler {
  readonly #data: TrainingData;
  readonly #sampler: Sampler;
  /** Ends of the items' shares of [0, 1), for samplers that prefer some. */
  readonly #cumulative: Float64Array | null;
  /** Training items of each user, at their places in `data.items` but ascending; null where nobody asks for them. */
  readonly #met: Uint32Array | null;

  constructor(data: TrainingData, sampler: Sampler) {
    this.#data = data;
    this.#sampler = sampler;
    // Those of the batch are drawn from the batch itself.
    const weights = sampler === 'inBatch' ? null : samplingWeights(sampler, itemCountsOf(data));
    this.#cumulative = weights && cumulativeShares(weights);
    this.#met = sampler === 'unconsumed' ? sortedItems(data) : null;
  }

  /**
   * Draws `count` negatives for a positive into `into[from …]`. They differ from the positive, and from all that the user
   * has met where the sampler says so, unless that leaves next to nothing to draw.
   * @param batchPositives positives of the batch, for the sampler that draws from them
   */
  draw(
    random: RandomStream,
    user: number,
    positive: number,
    into: Int32Array,
    from: number,
    count: number,
    batchPositives: Int32Array,
  ): void {
    const isTaken = (item: number): boolean => item === positive || this.#hasMet(user, item);
    for (let place = from; place < from + count; place++) {
      let item = this.#drawOne(random, batchPositives);
      for (let draws = 1; draws < MAX_DRAWS && isTaken(item); draws++)
        item = this.#drawOne(random, batchPositives);
      // Somebody who has met nearly everything still needs a negative.
      for (let draws = 0; draws < MAX_DRAWS && item === positive; draws++)
        item = 1 + random.nextInt(this.#data.numItems);
      into[place] = item;
    }
  }

  #drawOne(random: RandomStream, batchPositives: Int32Array): number {
    if (this.#sampler === 'inBatch') return batchPositives[random.nextInt(batchPositives.length)]!;
    if (this.#cumulative === null) return 1 + random.nextInt(this.#data.numItems);
    return 1 + firstAbove(this.#cumulative, random.nextFloat());
  }

  /** False for all where the sampler does not ask. */
  #hasMet(user: number, item: number): boolean {
    if (this.#met === null) return false;
    const { offsets, trainEnd } = this.#data;
    let low = offsets[user]!;
    let high = trainEnd[user]!;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#met[middle]! < item) low = middle + 1;
      else high = middle;
    }
    return low < trainEnd[user]! && this.#met[low] === item;
  }
}

/** Sorted once: a set for each user would be made again for nearly every example, because users come in any order. */
function sortedItems({ numUsers, offsets, trainEnd, items }: TrainingData): Uint32Array {
  const sorted = items.slice();
  for (let user = 0; user < numUsers; user++) sorted.subarray(offsets[user], trainEnd[user]).sort();
  return sorted;
}

function cumulativeShares(weights: Float64Array): Float64Array {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let sum = 0;
  return weights.map((weight) => (sum += weight) / total);
}
