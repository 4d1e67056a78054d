import * as tf from '@tensorflow/tfjs-core';
import { fused } from '../fused';
import type { RandomStream } from '../random';
import { dropoutFrom } from './dropout';
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
  const rate = random === null ? 0 : dropoutRate;
  const block = random === null || rate === 0 ? { key: 0, start: 0 } : random.reserve(residual.size);
  const outputs = fused('ResidualLinear', { x, kernel, bias, residual }, { rate, ...block });
  if (outputs) return outputs[0]!;
  const y = linear(x, kernel, bias);
  return tf.add(residual, rate === 0 ? y : dropoutFrom(y, rate, block));
}
