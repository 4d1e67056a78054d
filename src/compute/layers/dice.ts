import * as tf from '@tensorflow/tfjs-core';
import { fused } from '../fused';
import { normalizedFrom, standardize, type Normalized, type Statistics } from './batchNorm';

/**
 * The activation Dice (Zhou et al., 2018, "Deep Interest Network", section 5.3):
 * p·x + (1 − p)·α·x with p = σ((x − mean)/√(variance + ε)), the statistics being those of the column.
 * @param x `[R, d]`
 * @param alpha `[d]`
 * @param statistics those to use (outside training: the running ones), or null for those of x, which gradients flow through
 * @returns the output and the statistics that were used, which are for keeping and carry no gradient
 */
export function dice(
  x: tf.Tensor2D,
  alpha: tf.Tensor1D,
  statistics: Statistics | null,
  epsilon: number,
): Normalized {
  const outputs = fused('Dice', { x, alpha, ...statistics }, { epsilon });
  if (outputs) return normalizedFrom(outputs);
  const { standardized, mean, variance } = standardize(x, statistics, epsilon);
  const share = tf.sigmoid(standardized);
  const slope = tf.add(share, tf.mul(tf.sub(1, share), alpha));
  return { output: tf.mul(x, slope), mean, variance };
}
