import * as tf from '@tensorflow/tfjs-core';
import { fused } from '../fused';

/** `gelu` is x·Φ(x) with the exact error function (Hendrycks and Gimpel, 2016, arXiv 1606.08415), `silu` is x·σ(x). */
export type Activation = 'none' | 'relu' | 'gelu' | 'sigmoid' | 'tanh' | 'silu';

/**
 * activation(x·W + b) on the last axis.
 * @param x `[…, in]`
 * @param kernel `[in, out]`
 * @param bias `[out]`, or null for none
 * @returns `[…, out]`
 */
export function linear(
  x: tf.Tensor,
  kernel: tf.Tensor2D,
  bias: tf.Tensor1D | null,
  activation: Activation = 'none',
): tf.Tensor {
  const outputs = fused('Linear', bias === null ? { x, kernel } : { x, kernel, bias }, { activation });
  if (outputs) return outputs[0]!;
  return plainLinear(x, kernel, bias, activation);
}

function plainLinear(
  x: tf.Tensor,
  kernel: tf.Tensor2D,
  bias: tf.Tensor1D | null,
  activation: Activation,
): tf.Tensor {
  const [inputSize, outputSize] = kernel.shape;
  // One flat product: with a batched left side the engines fall back to one small product per row of the batch.
  const product = tf.matMul(tf.reshape(x, [-1, inputSize]), kernel);
  const result = activate(bias === null ? product : tf.add(product, bias), activation);
  return tf.reshape(result, [...x.shape.slice(0, -1), outputSize]);
}

/** The activation alone, made of plain operations. */
export function activate(x: tf.Tensor, activation: Activation): tf.Tensor {
  switch (activation) {
    case 'none':
      return x;
    case 'relu':
      return tf.relu(x);
    case 'gelu':
      return tf.mul(tf.mul(x, 0.5), tf.add(1, tf.erf(tf.mul(x, Math.SQRT1_2))));
    case 'sigmoid':
      return tf.sigmoid(x);
    case 'tanh':
      return tf.tanh(x);
    case 'silu':
      return tf.mul(x, tf.sigmoid(x));
  }
}
