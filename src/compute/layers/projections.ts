import type * as tf from '@tensorflow/tfjs-core';
import { fused } from '../fused';
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
 * @returns x·W + b for each, `[…, out]`
 */
export function projections(
  x: tf.Tensor,
  all: readonly [Projection, Projection, Projection],
): [tf.Tensor, tf.Tensor, tf.Tensor] {
  const inputs: Record<string, tf.Tensor> = { x };
  all.forEach(({ kernel, bias }, place) => {
    inputs[`kernel${place}`] = kernel;
    inputs[`bias${place}`] = bias;
  });
  const outputs = fused('Projections', inputs) ?? all.map(({ kernel, bias }) => linear(x, kernel, bias));
  return outputs as [tf.Tensor, tf.Tensor, tf.Tensor];
}
