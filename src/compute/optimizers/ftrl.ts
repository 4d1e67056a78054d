import * as tf from '@tensorflow/tfjs-core';
import type { UpdateRule } from './ruleOptimizer';

export interface FtrlSettings {
  /** p ≤ 0 in the step size α·n^p. */
  learningRatePower: number;
  initialAccumulator: number;
  l1: number;
  l2: number;
}

/**
 * FTRL-Proximal (McMahan et al., KDD 2013, algorithm 1), in the form of TensorFlow 1, whose n starts above 0 instead of
 * having a β, and whose l2 is that of a penalty l2·‖θ‖²:
 * n' = n + g², z ← z + g − (n'^−p − n^−p)/α · θ, n ← n',
 * θ ← 0 where |z| ≤ l1, else (sign(z)·l1 − z) / (n^−p/α + 2·l2).
 *
 * z starts from 0, so a first step takes little of the initial values along. Rows (slices of the first axis) whose
 * gradient is all zero stay as they are, such as those of an embedding table that a batch does not name: of them z says
 * nothing yet, and the formula would make them 0.
 */
export function ftrl({ learningRatePower, initialAccumulator, l1, l2 }: FtrlSettings): UpdateRule {
  const power = (n: tf.Tensor) => (learningRatePower === -0.5 ? tf.sqrt(n) : tf.pow(n, -learningRatePower));
  return {
    slots: { accumulator: initialAccumulator, linear: 0 },
    update(value, gradient, slots, learningRate) {
      const accumulator = tf.add(slots.accumulator!, tf.square(gradient));
      const root = power(accumulator);
      const sigma = tf.div(tf.sub(root, power(slots.accumulator!)), learningRate);
      const linear = tf.sub(tf.add(slots.linear!, gradient), tf.mul(sigma, value));
      const quadratic = tf.add(tf.div(root, learningRate), 2 * l2);
      // max(|z| − l1, 0) makes both cases one.
      const excess = tf.maximum(tf.sub(tf.abs(linear), l1), 0);
      const solution = tf.neg(tf.div(tf.mul(tf.sign(linear), excess), quadratic));
      const axes = gradient.shape.map((_, axis) => axis).slice(1);
      const touched = tf.any(tf.notEqual(gradient, 0), axes, true);
      return {
        value: tf.where(touched, solution, value),
        // Without a gradient both are what they were anyway.
        slots: { accumulator, linear },
      };
    },
  };
}
