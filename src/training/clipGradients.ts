import * as tf from '@tensorflow/tfjs-core';
import type { ClippingConfig } from '../options/trainingSchema';

/**
 * Gradients of bounded length (Pascanu et al., 2013, algorithm 1): what is longer than the norm is shortened to it, and
 * keeps its direction. `globalNorm` measures all gradients together, `variableNorm` each for itself.
 * The result replaces the gradients, which are disposed of.
 */
export function clipGradients(
  gradients: Readonly<Record<string, tf.Tensor>>,
  { type, norm }: ClippingConfig,
): Record<string, tf.Tensor> {
  const names = Object.keys(gradients);
  const shared = type === 'globalNorm' ? tf.tidy(() => shareOf(Object.values(gradients), norm)) : null;
  const clipped = names.map((name) => {
    const gradient = gradients[name]!;
    const result = tf.tidy(() => tf.mul(gradient, shared ?? shareOf([gradient], norm)));
    gradient.dispose();
    return [name, result] as const;
  });
  shared?.dispose();
  return Object.fromEntries(clipped);
}

/** What to multiply the gradients by: min(1, norm/‖g‖). */
function shareOf(gradients: readonly tf.Tensor[], norm: number): tf.Tensor {
  const squares = gradients.map((gradient) => tf.sum(tf.square(gradient)));
  const length = tf.sqrt(squares.length === 0 ? tf.scalar(0) : tf.addN(squares));
  // Where the length is within bounds this is norm/norm.
  return tf.div(norm, tf.maximum(length, norm));
}
