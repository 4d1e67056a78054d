import * as tf from '@tensorflow/tfjs-core';
import type { Parameters } from '../../compute/parameters';
import { maskedSoftmax } from './maskedSoftmax';

/*
 * How the items of a history become one vector: by a weight for each. Histories are padded on the left, B histories of T
 * places; `present` holds for each of B·T places 1, or 0 where it is padding.
 */

/**
 * The items of each history pooled, `[B, D]`; 0 for an empty history.
 * @param vectors `[B, T, D]`
 */
export function pooledHistory(
  vectors: tf.Tensor3D,
  present: Float32Array,
  pooling: 'mean' | 'sum',
): tf.Tensor2D {
  const [size, length] = vectors.shape;
  const weights = pooling === 'mean' ? meanWeights(present, size) : tf.tensor2d(present, [size, length]);
  return weightedSums(weights, vectors);
}

/** Σ weight·vector of each row: `[B, T]` and `[B, T, D]` to `[B, D]`. */
export function weightedSums(weights: tf.Tensor2D, vectors: tf.Tensor3D): tf.Tensor2D {
  return tf.squeeze(tf.matMul(tf.expandDims<tf.Tensor3D>(weights, 1), vectors), [1]);
}

/** Weights of a mean, `[B, T]`: 0 where there is padding. */
export function meanWeights(present: Float32Array, size: number): tf.Tensor2D {
  const length = present.length / size;
  const weights = present.slice();
  for (let row = 0; row < size; row++) {
    const places = weights.subarray(row * length, (row + 1) * length);
    const count = places.reduce((sum, value) => sum + value, 0);
    for (let place = 0; place < length; place++) places[place]! /= Math.max(count, 1);
  }
  return tf.tensor2d(weights, [size, length]);
}

/** How much an item counts by its place from the newest. */
export interface RecencyWeights {
  /** What the weights differ by from those they start with, as logarithms, the newest place last: `[maxLength]`. */
  learned: tf.Tensor1D;
  /** Logarithms that they start with: the weight of place n from the newest, counted from 1, is 1/n. `[maxLength]` */
  initial: Float32Array;
}

/** Makes the parameter `<name>`. */
export function createRecencyWeights(
  parameters: Parameters,
  name: string,
  maxLength: number,
): RecencyWeights {
  return {
    learned: parameters.create(name, [maxLength], { kind: 'constant', value: 0 }) as tf.Tensor1D,
    initial: Float32Array.from({ length: maxLength }, (_, place) => -Math.log(maxLength - place)),
  };
}

/**
 * Weights of a mean in which each item counts by its place from the newest, `[B, T]`: 0 where there is padding.
 * @param present of T places each, T being no more than the weights are for
 */
export function recencyWeights(
  present: Float32Array,
  size: number,
  { learned, initial }: RecencyWeights,
): tf.Tensor2D {
  const length = present.length / size;
  const oldest = initial.length - length;
  const logits = tf.add(tf.slice(learned, [oldest], [length]), tf.tensor1d(initial.subarray(oldest)));
  return maskedSoftmax(logits, tf.tensor2d(present, [size, length]));
}
