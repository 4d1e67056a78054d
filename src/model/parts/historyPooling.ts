import * as tf from '@tensorflow/tfjs-core';

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
