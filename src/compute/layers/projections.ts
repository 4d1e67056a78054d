import type * as tf from '@tensorflow/tfjs-core';
import { fused } from '../fused';
import { layerNorm, type LayerNormalization } from './layerNorm';
import { linear } from './linear';

/** A linear layer's parameters. */
export interface Projection {
  /** `[in, out]` */
  kernel: tf.Tensor2D;
  /** `[out]` */
  bias: tf.Tensor1D;
}

/**
 * Three linear layers of the same input and the same size: query, key and value of self-attention.
 * @param x `[…, in]`
 * @param normalization what happens to x before; null for nothing
 * @returns LN(x)·W + b for each, `[…, out]`
 */
export function projections(
  x: tf.Tensor,
  all: readonly [Projection, Projection, Projection],
  normalization: LayerNormalization | null = null,
): [tf.Tensor, tf.Tensor, tf.Tensor] {
  const inputs: Record<string, tf.Tensor> = { x };
  all.forEach(({ kernel, bias }, place) => {
    inputs[`kernel${place}`] = kernel;
    inputs[`bias${place}`] = bias;
  });
  if (normalization !== null) {
    inputs.gamma = normalization.gamma;
    inputs.beta = normalization.beta;
  }
  const outputs = fused('Projections', inputs, { epsilon: normalization?.epsilon ?? 0 });
  if (outputs) return outputs.slice(0, 3) as [tf.Tensor, tf.Tensor, tf.Tensor];
  const normalized = normalization === null ? x : layerNorm(x, normalization);
  return all.map(({ kernel, bias }) => linear(normalized, kernel, bias)) as [tf.Tensor, tf.Tensor, tf.Tensor];
}
