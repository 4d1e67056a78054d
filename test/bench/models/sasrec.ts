import type * as tf from '@tensorflow/tfjs-core';
import { RandomStream } from '../../../src/compute/random';
import { sasrecSchema } from '../../../src/model/sasrec/options';
import { modelData } from '../../unit/model/modelData';
import { Sasrec } from '../../../src/model/sasrec/sasrec';
import { drawItem, int32 } from '../data';
import type { Batch, TrainingTask } from '../work';

export const SASREC_SIZES = {
  batchSize: 128,
  length: 50,
  minLength: 50,
  numItems: 3500,
  width: 64,
  numBlocks: 2,
};

/** The product's SASRec, without dropout: one negative for each position. */
export class SasrecTask implements TrainingTask {
  readonly settings = {};
  readonly #sizes: typeof SASREC_SIZES;
  readonly #model: Sasrec;

  constructor(sizes: typeof SASREC_SIZES) {
    this.#sizes = sizes;
    this.#model = new Sasrec(
      sasrecSchema.parse({
        type: 'sasrec',
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

  batch(index: number): Batch<'items' | 'targets' | 'negatives'> {
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
    return { items: draw(), targets: draw(), negatives: draw() };
  }

  loss({ items, targets, negatives }: Batch<'items' | 'targets' | 'negatives'>): tf.Scalar {
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
      },
      new RandomStream(SEED),
    );
  }
}

const SEED = 1;
