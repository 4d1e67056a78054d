import * as tf from '@tensorflow/tfjs-core';
import { fused } from '../fused';
import type { RandomStream } from '../random';
import { dropoutBy, reserveDropout } from './dropout';
import { layerNorm, type LayerNormalization } from './layerNorm';
import { linear, type Activation } from './linear';
import type { Projection } from './projections';

/** What `feedForward` needs. */
export interface FeedForwardInput {
  /** `[…, d]` */
  x: tf.Tensor;
  /** What happens to x before the layers; null for nothing. */
  normalization: LayerNormalization | null;
  /** d to the inner width. */
  inner: Projection;
  /** Inner width to d. */
  outer: Projection;
  activation: Activation;
  /** Rates of dropout on the inner values and on what is added. */
  innerDropout: number;
  outerDropout: number;
  /** Null outside training: nothing is dropped. */
  random: RandomStream | null;
}

/**
 * A transformer's feed-forward sub-layer with its residual: x + dropout(dropout(f(LN(x)·W₁ + b₁))·W₂ + b₂)
 * (Vaswani et al., 2017, eq. 2).
 * @returns `[…, d]`
 */
export function feedForward(input: FeedForwardInput): tf.Tensor {
  const { x, normalization, inner, outer, activation, random } = input;
  const rows = x.size / x.shape.at(-1)!;
  const innerMask = reserveDropout(random, input.innerDropout, rows * inner.kernel.shape[1]);
  const outerMask = reserveDropout(random, input.outerDropout, x.size);
  const outputs = fused(
    'FeedForward',
    {
      x,
      innerKernel: inner.kernel,
      innerBias: inner.bias,
      outerKernel: outer.kernel,
      outerBias: outer.bias,
      ...(normalization && { gamma: normalization.gamma, beta: normalization.beta }),
    },
    {
      activation,
      epsilon: normalization?.epsilon ?? 0,
      innerRate: innerMask.rate,
      innerKey: innerMask.key,
      innerStart: innerMask.start,
      outerRate: outerMask.rate,
      outerKey: outerMask.key,
      outerStart: outerMask.start,
    },
  );
  if (outputs) return outputs[0]!;
  const normalized = normalization === null ? x : layerNorm(x, normalization);
  const values = dropoutBy(linear(normalized, inner.kernel, inner.bias, activation), innerMask);
  return tf.add(x, dropoutBy(linear(values, outer.kernel, outer.bias), outerMask));
}
