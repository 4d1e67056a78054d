import * as tf from '@tensorflow/tfjs-core';
import { embeddingBag, embeddingLookup } from '../../../src/compute/layers/embedding';
import { candidateCrossEntropy } from '../../../src/compute/layers/losses';
import { Parameters } from '../../../src/compute/parameters';
import { RandomStream } from '../../../src/compute/random';
import { drawHistories, drawItems, int32, toTensor } from '../data';
import type { Batch, TrainingTask } from '../work';
import { createDense, createTable, dense, type Dense } from './parts';

export const TWO_TOWER_SIZES = {
  batchSize: 2048,
  length: 20,
  minLength: 20,
  numItems: 3500,
  numUsers: 6000,
  width: 64,
};

const TEMPERATURE = 0.07;

interface Tower {
  inner: Dense;
  outer: Dense;
}

/** Two towers with in-batch softmax, temperature and the correction for popular items (Yi et al., RecSys 2019). */
export class TwoTowerTask implements TrainingTask {
  readonly settings = { temperature: TEMPERATURE };
  readonly #sizes: typeof TWO_TOWER_SIZES;
  readonly #parameters = new Parameters(SEED);
  readonly #user;
  readonly #item;
  readonly #history;
  readonly #userTower: Tower;
  readonly #itemTower: Tower;

  constructor(sizes: typeof TWO_TOWER_SIZES) {
    this.#sizes = sizes;
    const { numUsers, numItems, width } = sizes;
    const parameters = this.#parameters;
    this.#user = createTable(parameters, 'userEmbedding', numUsers, width);
    this.#item = createTable(parameters, 'itemEmbedding', numItems + 1, width);
    this.#history = createTable(parameters, 'historyEmbedding', numItems + 1, width);
    this.#userTower = createTower(parameters, 'user', 2 * width);
    this.#itemTower = createTower(parameters, 'item', width);
  }

  get variables(): ReadonlyMap<string, tf.Variable> {
    return this.#parameters.variables;
  }

  batch(index: number): Batch<'users' | 'history' | 'items' | 'logQ'> {
    const { batchSize, numUsers, numItems } = this.#sizes;
    const random = new RandomStream(SEED, index);
    const items = drawItems(random, numItems, batchSize);
    // Item i is drawn when ⌊N·u³⌋ = i − 1.
    const share = (item: number) => Math.cbrt(item / numItems) - Math.cbrt((item - 1) / numItems);
    return {
      users: int32([batchSize], () => random.nextInt(numUsers)),
      history: drawHistories(random, this.#sizes).history,
      items,
      logQ: { shape: [batchSize], values: Float32Array.from(items.values, (item) => Math.log(share(item))) },
    };
  }

  loss(batch: Batch<'users' | 'history' | 'items' | 'logQ'>): tf.Scalar {
    const { batchSize } = this.#sizes;
    const user = embeddingLookup(this.#user, toTensor(batch.users)) as tf.Tensor2D;
    const history = embeddingBag(this.#history, toTensor(batch.history) as tf.Tensor2D, 'mean');
    const item = embeddingLookup(this.#item, toTensor(batch.items)) as tf.Tensor2D;
    const users = tower(tf.concat([user, history], 1), this.#userTower);
    const items = tower(item, this.#itemTower);
    return candidateCrossEntropy(users, items, tf.range(0, batchSize, 1, 'int32'), {
      scale: 1 / TEMPERATURE,
      logitBias: tf.neg(toTensor(batch.logQ)) as tf.Tensor1D,
    });
  }
}

function createTower(parameters: Parameters, name: string, inputSize: number): Tower {
  return {
    inner: createDense(parameters, `${name}0`, inputSize, 128),
    outer: createDense(parameters, `${name}1`, 128, 64),
  };
}

/** MLP, then each row to length 1. */
function tower(x: tf.Tensor2D, { inner, outer }: Tower): tf.Tensor2D {
  const y = dense(dense(x, inner, 'relu'), outer);
  return tf.mul(y, tf.rsqrt(tf.maximum(tf.sum(tf.square(y), 1, true), 1e-24)));
}

const SEED = 5;
