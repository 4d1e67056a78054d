import * as tf from '@tensorflow/tfjs-core';

/**
 * x·W + b on the last axis.
 * @param x `[…, in]`
 * @param kernel `[in, out]`
 * @param bias `[out]`
 * @returns `[…, out]`
 */
export function linear(x: tf.Tensor, kernel: tf.Tensor2D, bias: tf.Tensor1D): tf.Tensor {
  const [inputSize, outputSize] = kernel.shape;
  // One flat product: with a batched left side the engines fall back to one small product per row of the batch.
  const rows = tf.reshape(x, [-1, inputSize]);
  const result = tf.add(tf.matMul(rows, kernel), bias);
  return tf.reshape(result, [...x.shape.slice(0, -1), outputSize]);
}
