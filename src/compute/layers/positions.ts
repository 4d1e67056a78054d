import * as tf from '@tensorflow/tfjs-core';

/** The positions of `[B, T, d]`, T times `[B, d]`. */
export function positionsOf(x: tf.Tensor3D): tf.Tensor2D[] {
  // The gradients of TensorFlow.js's unstack and split fail for a single piece.
  if (x.shape[1] === 1) return [tf.squeeze(x, [1])];
  return tf.unstack(x, 1) as tf.Tensor2D[];
}

/** The columns of `[B, T]`, T times `[B, 1]`. */
export function columnsOf(x: tf.Tensor2D): tf.Tensor2D[] {
  return positionsOf(tf.expandDims(x, -1));
}
