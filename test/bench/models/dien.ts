import * as tf from '@tensorflow/tfjs-core';
import { embeddingBag, embeddingLookup } from '../../../src/compute/layers/embedding';
import { gru } from '../../../src/compute/layers/gru';
import { linear } from '../../../src/compute/layers/linear';
import { binaryCrossEntropy } from '../../../src/compute/layers/losses';
import { Parameters } from '../../../src/compute/parameters';
import { RandomStream } from '../../../src/compute/random';
import { drawHistories, drawItems, drawLabels, toTensor } from '../data';
import type { Batch, TrainingTask } from '../work';
import { createDense, createGru, createKernel, createTable, dense, maskedSoftmax } from './parts';

export const DIEN_SIZES = { batchSize: 256, length: 50, minLength: 50, numItems: 3500, width: 64 };

/**
 * DIEN (Zhou et al., 2019, arXiv 1809.03672) without the auxiliary loss: GRU over the history, attention of the target over
 * its states (eq. 7), AUGRU over them with that attention, MLP.
 */
export class DienTask implements TrainingTask {
  readonly settings = {};
  readonly #sizes: typeof DIEN_SIZES;
  readonly #parameters = new Parameters(SEED);
  readonly #item;
  readonly #interest;
  readonly #attention;
  readonly #evolution;
  readonly #head;

  constructor(sizes: typeof DIEN_SIZES) {
    this.#sizes = sizes;
    const { numItems, width } = sizes;
    const parameters = this.#parameters;
    this.#item = createTable(parameters, 'itemEmbedding', numItems + 1, width);
    this.#interest = createGru(parameters, 'interest', width, width);
    this.#attention = createKernel(parameters, 'attention/kernel', width, width);
    this.#evolution = createGru(parameters, 'evolution', width, width);
    this.#head = {
      first: createDense(parameters, 'head0', 3 * width, 80),
      second: createDense(parameters, 'head1', 80, 40),
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
    const history = toTensor(batch.history) as tf.Tensor2D;
    const mask = toTensor(batch.mask) as tf.Tensor2D; // [B, T]
    const target = embeddingLookup(this.#item, toTensor(batch.target)); // [B, d]

    const clicked = embeddingLookup(this.#item, history) as tf.Tensor3D;
    const interests = gru(clicked, this.#interest, mask, { resetAfter: true, update: 'keep' }).states; // [B, T, d]
    const query = tf.reshape(linear(target, this.#attention, null), [batchSize, width, 1]);
    const logits: tf.Tensor2D = tf.reshape(tf.matMul(interests, query), [batchSize, length]);
    const attention = maskedSoftmax(logits, mask);
    const { states } = gru(interests, this.#evolution, mask, {
      resetAfter: true,
      update: 'attentionGate',
      attention,
    });
    const evolved = tf.reshape(tf.slice(states, [0, length - 1, 0], [batchSize, 1, width]), [
      batchSize,
      width,
    ]);

    const pooled = embeddingBag(this.#item, history, 'mean');
    const hidden = dense(tf.concat([evolved, target, pooled], 1), this.#head.first, 'sigmoid');
    const logit = dense(dense(hidden, this.#head.second, 'sigmoid'), this.#head.last);
    return binaryCrossEntropy(tf.reshape(logit, [batchSize]), toTensor(batch.labels), null);
  }
}

const SEED = 2;
