import * as tf from '@tensorflow/tfjs-core';
import { batchNorm } from '../../../src/compute/layers/batchNorm';
import { embeddingLookup } from '../../../src/compute/layers/embedding';
import { linear } from '../../../src/compute/layers/linear';
import { sampledCrossEntropy } from '../../../src/compute/layers/losses';
import { sumRecurrence, type SumParameters } from '../../../src/compute/layers/sumRecurrence';
import { Parameters } from '../../../src/compute/parameters';
import { RandomStream } from '../../../src/compute/random';
import { drawHistories, drawItems, toTensor } from '../data';
import type { Batch, HostTensor, TrainingTask } from '../work';
import { createDense, createKernel, createTable, createVector, dense, type Dense } from './parts';

export const SUM_SIZES = {
  batchSize: 400,
  length: 50,
  minLength: 50,
  numItems: 3500,
  numCategories: 100,
  itemWidth: 32,
  categoryWidth: 8,
  /** Width of a memory slot. */
  hidden: 40,
  /** With the highway channel. */
  slots: 4,
  negatives: 4,
};

const BATCH_NORM_EPSILON = 1e-4;

interface NormalizedDense {
  dense: Dense;
  gamma: tf.Tensor1D;
  beta: tf.Tensor1D;
}

/**
 * SUM as Microsoft Recommenders trains it: the memories of a history are read by each of its candidates, a target and
 * sampled items, and the loss is the softmax over these. A history goes through the recurrence once for all of them.
 */
export class SumTask implements TrainingTask {
  readonly settings = {};
  readonly #sizes: typeof SUM_SIZES;
  readonly #parameters = new Parameters(SEED);
  readonly #item;
  readonly #category;
  readonly #cell: SumParameters;
  readonly #query;
  readonly #head;

  constructor(sizes: typeof SUM_SIZES) {
    this.#sizes = sizes;
    const { numItems, numCategories, itemWidth, categoryWidth, hidden } = sizes;
    const parameters = this.#parameters;
    const width = itemWidth + categoryWidth;
    this.#item = createTable(parameters, 'itemEmbedding', numItems + 1, itemWidth);
    this.#category = createTable(parameters, 'categoryEmbedding', numCategories + 1, categoryWidth);
    this.#cell = createCell(parameters, 'cell', sizes);
    this.#query = createKernel(parameters, 'query/kernel', hidden, width);
    this.#head = {
      first: createNormalizedDense(parameters, 'head0', hidden + width, 100),
      second: createNormalizedDense(parameters, 'head1', 100, 64),
      last: createDense(parameters, 'head2', 64, 1),
    };
  }

  get variables(): ReadonlyMap<string, tf.Variable> {
    return this.#parameters.variables;
  }

  batch(
    index: number,
  ): Batch<'history' | 'categories' | 'mask' | 'lengths' | 'candidates' | 'candidateCategories'> {
    const { batchSize, negatives, numItems } = this.#sizes;
    const random = new RandomStream(SEED, index);
    const histories = drawHistories(random, this.#sizes);
    const candidates = drawItems(random, numItems, batchSize, 1 + negatives);
    return {
      ...histories,
      categories: this.#categoriesOf(histories.history),
      candidates,
      candidateCategories: this.#categoriesOf(candidates),
    };
  }

  /** Shapes in comments: B histories, T positions, C candidates of each, d input width, h slot width. */
  loss(batch: Batch<'history' | 'categories' | 'mask' | 'candidates' | 'candidateCategories'>): tf.Scalar {
    const { batchSize, negatives, hidden } = this.#sizes;
    const count = 1 + negatives;
    const history = this.#embed(batch.history, batch.categories); // [B, T, d]
    const mask = toTensor(batch.mask) as tf.Tensor2D;
    const { memory } = sumRecurrence(history, this.#cell, mask, { type: 'SUM' }); // [B, slots, h]

    const query = this.#embed(batch.candidates, batch.candidateCategories); // [B, C, d]
    const readers = linear(memory, this.#query, null); // [B, slots, d]
    const user = tf.matMul(tf.softmax(tf.matMul(query, readers, false, true)), memory); // [B, C, h]
    const width = query.shape[2];
    const input: tf.Tensor2D = tf.reshape(tf.concat([user, query], 2), [batchSize * count, hidden + width]);
    const inner = normalizedDense(normalizedDense(input, this.#head.first), this.#head.second);
    return sampledCrossEntropy(tf.reshape(dense(inner, this.#head.last), [batchSize, count]));
  }

  #embed(items: HostTensor, categories: HostTensor): tf.Tensor3D {
    return tf.concat(
      [embeddingLookup(this.#item, toTensor(items)), embeddingLookup(this.#category, toTensor(categories))],
      2,
    ) as tf.Tensor3D;
  }

  #categoriesOf({ shape, values }: HostTensor): HostTensor {
    const { numCategories } = this.#sizes;
    return {
      shape,
      values: Int32Array.from(values, (item) => (item === 0 ? 0 : 1 + (item % numCategories))),
    };
  }
}

function createCell(
  parameters: Parameters,
  name: string,
  { itemWidth, categoryWidth, hidden, slots }: typeof SUM_SIZES,
): SumParameters {
  const width = itemWidth + categoryWidth;
  const gate = (gateName: string, outputSize: number) => ({
    kernel: createKernel(parameters, `${name}/${gateName}/kernel`, width + hidden, outputSize),
    bias: createVector(parameters, `${name}/${gateName}/bias`, outputSize, 1),
  });
  const scalar = (scalarName: string, value: number) =>
    parameters.create(`${name}/${scalarName}`, [], { kind: 'constant', value }) as tf.Tensor as tf.Scalar;
  const erase = gate('erase', hidden);
  const reset = gate('reset', 1);
  const add = gate('add', hidden);
  return {
    heads: createKernel(parameters, `${name}/heads`, slots - 1, width),
    eraseKernel: erase.kernel,
    eraseBias: erase.bias,
    resetKernel: reset.kernel,
    resetBias: reset.bias,
    addKernel: add.kernel,
    addBias: add.bias,
    alpha: scalar('alpha', 0.98),
    beta: scalar('beta', 1.02),
  };
}

function createNormalizedDense(
  parameters: Parameters,
  name: string,
  inputSize: number,
  outputSize: number,
): NormalizedDense {
  return {
    dense: createDense(parameters, name, inputSize, outputSize),
    gamma: createVector(parameters, `${name}/norm/gamma`, outputSize, 1),
    beta: createVector(parameters, `${name}/norm/beta`, outputSize, 0),
  };
}

/** Linear, batch normalization, ReLU. */
function normalizedDense(x: tf.Tensor2D, { dense: layer, gamma, beta }: NormalizedDense): tf.Tensor2D {
  return tf.relu(batchNorm(dense(x, layer), gamma, beta, null, BATCH_NORM_EPSILON).output);
}

const SEED = 3;
