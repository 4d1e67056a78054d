import * as tf from '@tensorflow/tfjs-core';
import { fused } from '../fused';
import type { RandomStream } from '../random';
import { dropoutBy, reserveDropout } from './dropout';
import { linear } from './linear';
import type { Projection } from './projections';

/**
 * residual + dropout(x·W + b): how the sub-layers of a transformer end.
 * @param x `[…, in]`
 * @param residual `[…, out]`
 * @param random null outside training: nothing is dropped
 */
export function residualLinear(
  x: tf.Tensor,
  { kernel, bias }: Projection,
  residual: tf.Tensor,
  dropoutRate: number,
  random: RandomStream | null,
): tf.Tensor {
  const mask = reserveDropout(random, dropoutRate, residual.size);
  const outputs = fused('ResidualLinear', { x, kernel, bias, residual }, { ...mask });
  if (outputs) return outputs[0]!;
  return tf.add(residual, dropoutBy(linear(x, kernel, bias), mask));
}
