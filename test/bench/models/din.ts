import * as tf from '@tensorflow/tfjs-core';
import { dice } from '../../../src/compute/layers/dice';
import { embeddingLookup } from '../../../src/compute/layers/embedding';
import { binaryCrossEntropy } from '../../../src/compute/layers/losses';
import { Parameters } from '../../../src/compute/parameters';
import { RandomStream } from '../../../src/compute/random';
import { drawHistories, drawItems, drawLabels, toTensor } from '../data';
import type { Batch, TrainingTask } from '../work';
import { createDense, createTable, createVector, dense, maskedSoftmax, type Dense } from './parts';

export const DIN_SIZES = { batchSize: 256, length: 50, minLength: 50, numItems: 3500, width: 64 };

const DICE_EPSILON = 1e-9;

interface DiceDense {
  dense: Dense;
  alpha: tf.Tensor1D;
}

/**
 * DIN (Zhou et al., 2018, arXiv 1706.06978): an MLP looks at the target and each item of the history together, what it says
 * weighs the history, and an MLP with Dice scores the result.
 */
export class DinTask implements TrainingTask {
  readonly settings = {};
  readonly #sizes: typeof DIN_SIZES;
  readonly #parameters = new Parameters(SEED);
  readonly #item;
  readonly #attention;
  readonly #head;

  constructor(sizes: typeof DIN_SIZES) {
    this.#sizes = sizes;
    const { numItems, width } = sizes;
    const parameters = this.#parameters;
    this.#item = createTable(parameters, 'itemEmbedding', numItems + 1, width);
    this.#attention = {
      first: createDense(parameters, 'attention0', 4 * width, 80),
      second: createDense(parameters, 'attention1', 80, 40),
      last: createDense(parameters, 'attention2', 40, 1),
    };
    this.#head = {
      first: createDiceDense(parameters, 'head0', 3 * width, 80),
      second: createDiceDense(parameters, 'head1', 80, 40),
      last: createDense(parameters, 'head2', 40, 1),
    };
  }

  get variables(): ReadonlyMap<string, tf.Variable> {
    return this.#parameters.variables;
  }

  batch(index: number): Batch<'history' | 'mask' | 'lengths' | 'target' | 'labels'> {
    const { batchSize, numItems } = this.#sizes;
    const random = new RandomStream(SEED, index);
    return {
      ...drawHistories(random, this.#sizes),
      target: drawItems(random, numItems, batchSize),
      labels: drawLabels(random, batchSize),
    };
  }

  /** Shapes in comments: B users, T positions, d width. */
  loss(batch: Batch<'history' | 'mask' | 'target' | 'labels'>): tf.Scalar {
    const { batchSize, length, width } = this.#sizes;
    const target = embeddingLookup(this.#item, toTensor(batch.target)); // [B, d]
    const keys = embeddingLookup(this.#item, toTensor(batch.history)) as tf.Tensor3D; // [B, T, d]

    const query = tf.broadcastTo(tf.expandDims(target, 1), keys.shape);
    const pairs = tf.concat([query, keys, tf.sub(query, keys), tf.mul(query, keys)], 2); // [B, T, 4d]
    const hidden = dense(dense(pairs, this.#attention.first, 'sigmoid'), this.#attention.second, 'sigmoid');
    const logits: tf.Tensor2D = tf.reshape(dense(hidden, this.#attention.last), [batchSize, length]);
    const scaled = tf.div<tf.Tensor2D>(logits, Math.sqrt(width));
    const weights = maskedSoftmax(scaled, toTensor(batch.mask) as tf.Tensor2D);
    const weighted = tf.matMul(tf.reshape(weights, [batchSize, 1, length]), keys);
    const interest = tf.reshape(weighted, [batchSize, width]);

    const input = tf.concat([interest, target, tf.mul(interest, target)], 1) as tf.Tensor2D;
    const inner = diceDense(diceDense(input, this.#head.first), this.#head.second);
    const logit = tf.reshape(dense(inner, this.#head.last), [batchSize]);
    return binaryCrossEntropy(logit, toTensor(batch.labels), null);
  }
}

function createDiceDense(
  parameters: Parameters,
  name: string,
  inputSize: number,
  outputSize: number,
): DiceDense {
  return {
    dense: createDense(parameters, name, inputSize, outputSize),
    alpha: createVector(parameters, `${name}/alpha`, outputSize, 0),
  };
}

function diceDense(x: tf.Tensor2D, { dense: layer, alpha }: DiceDense): tf.Tensor2D {
  return dice(dense(x, layer), alpha, null, DICE_EPSILON).output;
}

const SEED = 4;
