import type { RandomStream } from '../compute/random';
import type { PreparedDataset } from '../dataset/preparedDataset';
import type { Sampler } from '../model/model';
import { samplingWeights } from '../model/parts/samplingWeights';
import { modelDataOf } from './modelData';

/** How often an item is drawn again that should not be a negative, before it is taken as it is. */
const MAX_DRAWS = 100;

/** Draws items that a user did not choose. Users are numbered from 0, items from 1. */
export class NegativeSampler {
  readonly #dataset: PreparedDataset;
  readonly #sampler: Sampler;
  /** Ends of the items' shares of [0, 1), for samplers that prefer some. */
  readonly #cumulative: Float64Array | null;
  /** Items that the user drawn for last has met in training: users mostly come in runs. */
  #met: { user: number; items: ReadonlySet<number> } | null = null;

  constructor(dataset: PreparedDataset, sampler: Sampler) {
    this.#dataset = dataset;
    this.#sampler = sampler;
    // Those of the batch are drawn from the batch itself.
    const weights = sampler === 'inBatch' ? null : samplingWeights(sampler, modelDataOf(dataset).itemCounts);
    this.#cumulative = weights && cumulativeShares(weights);
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
    const met = this.#sampler === 'unconsumed' ? this.#metBy(user) : null;
    for (let place = from; place < from + count; place++) {
      let item = this.#drawOne(random, batchPositives);
      for (let draws = 1; draws < MAX_DRAWS && (item === positive || met?.has(item)); draws++) {
        item = this.#drawOne(random, batchPositives);
      }
      // Somebody who has met nearly everything still needs a negative.
      for (let draws = 0; draws < MAX_DRAWS && item === positive; draws++)
        item = 1 + random.nextInt(this.#dataset.numItems);
      into[place] = item;
    }
  }

  #drawOne(random: RandomStream, batchPositives: Int32Array): number {
    if (this.#sampler === 'inBatch') return batchPositives[random.nextInt(batchPositives.length)]!;
    if (this.#cumulative === null) return 1 + random.nextInt(this.#dataset.numItems);
    return 1 + firstAbove(this.#cumulative, random.nextFloat());
  }

  #metBy(user: number): ReadonlySet<number> {
    if (this.#met?.user !== user) {
      const { offsets, trainEnd, items } = this.#dataset;
      this.#met = { user, items: new Set(items.subarray(offsets[user], trainEnd[user])) };
    }
    return this.#met.items;
  }
}

function cumulativeShares(weights: Float64Array): Float64Array {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let sum = 0;
  return weights.map((weight) => (sum += weight) / total);
}

/** The first place whose value is above x; the last place if none is. */
function firstAbove(ascending: Float64Array, x: number): number {
  let low = 0;
  let high = ascending.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ascending[middle]! > x) high = middle;
    else low = middle + 1;
  }
  return low;
}
