import * as tf from '@tensorflow/tfjs-core';
import type { UpdateRule } from './ruleOptimizer';

export interface AdadeltaSettings {
  decay: number;
  epsilon: number;
}

/**
 * Adadelta (Zeiler, 2012, algorithm 1): s ← ρ·s + (1 − ρ)·g², u = g·√(d + ε)/√(s + ε), d ← ρ·d + (1 − ρ)·u², θ ← θ − α·u.
 * The paper has no α, which is α = 1.
 */
export function adadelta({ decay, epsilon }: AdadeltaSettings): UpdateRule {
  const fade = (mean: tf.Tensor, next: tf.Tensor) =>
    tf.add(tf.mul(mean, decay), tf.mul(tf.square(next), 1 - decay));
  return {
    slots: { meanSquare: 0, meanSquaredStep: 0 },
    update(value, gradient, slots, learningRate) {
      const meanSquare = fade(slots.meanSquare!, gradient);
      const root = (mean: tf.Tensor) => tf.sqrt(tf.add(mean, epsilon));
      const step = tf.mul(gradient, tf.div(root(slots.meanSquaredStep!), root(meanSquare)));
      return {
        value: tf.sub(value, tf.mul(step, learningRate)),
        slots: { meanSquare, meanSquaredStep: fade(slots.meanSquaredStep!, step) },
      };
    },
  };
}
