import * as tf from '@tensorflow/tfjs-core';

/** The newest position of left-padded sequences: `[B, T, d]` → `[B, d]`. */
export function lastPosition(states: tf.Tensor3D): tf.Tensor2D {
  const [size, length] = states.shape;
  return tf.squeeze<tf.Tensor2D>(tf.slice(states, [0, length - 1, 0], [size, 1, -1]), [1]);
}
