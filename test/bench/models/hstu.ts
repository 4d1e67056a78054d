import type * as tf from '@tensorflow/tfjs-core';
import { RandomStream } from '../../../src/compute/random';
import { Hstu } from '../../../src/model/hstu/hstu';
import { hstuSchema } from '../../../src/model/hstu/options';
import { modelData } from '../../unit/model/modelData';
import { drawItem, int32 } from '../data';
import type { Batch, TrainingTask } from '../work';

export const HSTU_SIZES = {
  batchSize: 128,
  length: 50,
  minLength: 50,
  numItems: 3500,
  width: 64,
  numBlocks: 2,
};

type Names = 'items' | 'targets' | 'negatives' | 'times';

/** The product's HSTU, without dropout: one negative for each position, as for SASRec, so that it is the blocks that count. */
export class HstuTask implements TrainingTask {
  readonly settings = {};
  readonly #sizes: typeof HSTU_SIZES;
  readonly #model: Hstu;

  constructor(sizes: typeof HSTU_SIZES) {
    this.#sizes = sizes;
    this.#model = new Hstu(
      hstuSchema.parse({
        type: 'hstu',
        maxSequenceLength: sizes.length,
        hiddenSize: sizes.width,
        numBlocks: sizes.numBlocks,
        dropout: 0,
        loss: { type: 'bce', numNegatives: 1 },
      }),
      modelData(sizes.numItems),
      SEED,
    );
  }

  get variables(): ReadonlyMap<string, tf.Variable> {
    return this.#model.variables;
  }

  batch(index: number): Batch<Names> {
    const { batchSize, length, minLength, numItems } = this.#sizes;
    const random = new RandomStream(SEED, index);
    const lengths = Array.from(
      { length: batchSize },
      () => minLength + random.nextInt(length - minLength + 1),
    );
    const draw = () =>
      int32([batchSize, length], (place) => {
        const isPadding = place % length < length - lengths[Math.floor(place / length)]!;
        return isPadding ? 0 : drawItem(random, numItems);
      });
    const [items, targets, negatives] = [draw(), draw(), draw()];
    // Gaps of seconds to months, each size alike.
    let now = 0;
    const times = int32([batchSize, length + 1], (place) => {
      now = place % (length + 1) === 0 ? 0 : now + Math.floor(Math.exp(16 * random.nextFloat()));
      return now;
    });
    return { items, targets, negatives, times };
  }

  loss({ items, targets, negatives, times }: Batch<Names>): tf.Scalar {
    const [size, length] = items.shape as [number, number];
    return this.#model.loss(
      {
        kind: 'sequences',
        size,
        users: new Int32Array(size),
        length,
        items: items.values as Int32Array,
        targets: targets.values as Int32Array,
        negatives: negatives.values as Int32Array,
        numNegatives: 1,
        times: Float64Array.from(times.values),
      },
      new RandomStream(SEED),
    );
  }
}

const SEED = 1;
