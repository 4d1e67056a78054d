import * as tf from '@tensorflow/tfjs-core';
import { fused } from '../fused';

/** Mean and biased variance of each column. */
export interface Statistics {
  /** `[d]` each. */
  mean: tf.Tensor1D;
  variance: tf.Tensor1D;
}

/** What a normalization of columns makes, with the statistics that it used. */
export interface Normalized extends Statistics {
  /** `[R, d]` */
  output: tf.Tensor2D;
}

/**
 * Batch normalization of the columns: γ·(x − mean)/√(variance + ε) + β (Ioffe and Szegedy, 2015, arXiv 1502.03167).
 * @param x `[R, d]`
 * @param gamma `[d]`
 * @param beta `[d]`
 * @param statistics those to use (outside training: the running ones), or null for those of x, which gradients flow through
 * @returns the output and the statistics that were used, which are for keeping and carry no gradient
 */
export function batchNorm(
  x: tf.Tensor2D,
  gamma: tf.Tensor1D,
  beta: tf.Tensor1D,
  statistics: Statistics | null,
  epsilon: number,
): Normalized {
  const outputs = fused('BatchNorm', { x, gamma, beta, ...statistics }, { epsilon });
  if (outputs) return normalizedFrom(outputs);
  const { standardized, mean, variance } = standardize(x, statistics, epsilon);
  return { output: tf.add(tf.mul(standardized, gamma), beta), mean, variance };
}

/** The outputs of a kernel that normalizes, by name. */
export function normalizedFrom(outputs: tf.Tensor[]): Normalized {
  const [output, mean, variance] = outputs as [tf.Tensor2D, tf.Tensor1D, tf.Tensor1D];
  return { output, mean, variance };
}

/** (x − mean)/√(variance + ε) and what it was made with. */
export function standardize(
  x: tf.Tensor2D,
  statistics: Statistics | null,
  epsilon: number,
): Statistics & { standardized: tf.Tensor2D } {
  const mean = statistics?.mean ?? tf.mean<tf.Tensor1D>(x, 0);
  const centered = tf.sub(x, mean);
  const variance = statistics?.variance ?? tf.mean<tf.Tensor1D>(tf.square(centered), 0);
  return { standardized: tf.mul(centered, tf.rsqrt(tf.add(variance, epsilon))), mean, variance };
}
