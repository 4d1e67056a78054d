import * as tf from '@tensorflow/tfjs-core';
import type { UpdateRule } from './ruleOptimizer';

export interface RmsPropSettings {
  decay: number;
  momentum: number;
  centered: boolean;
  epsilon: number;
  initialMeanSquare: number;
}

/**
 * RMSProp (Tieleman and Hinton, 2012): s ← ρ·s + (1 − ρ)·g², u ← μ·u + α·g / √(s + ε), θ ← θ − u.
 * The centered form (Graves, 2013, eqs. 38 to 42) also keeps the mean gradient, c ← ρ·c + (1 − ρ)·g, and divides by √(s − c² + ε).
 */
export function rmsProp(settings: RmsPropSettings): UpdateRule {
  const { decay, momentum, centered, epsilon, initialMeanSquare } = settings;
  const fade = (mean: tf.Tensor, next: tf.Tensor) => tf.add(tf.mul(mean, decay), tf.mul(next, 1 - decay));
  return {
    slots: {
      meanSquare: initialMeanSquare,
      ...(centered && { meanGradient: 0 }),
      ...(momentum > 0 && { momentum: 0 }),
    },
    update(value, gradient, slots, learningRate) {
      const meanSquare = fade(slots.meanSquare!, tf.square(gradient));
      const meanGradient = centered ? fade(slots.meanGradient!, gradient) : null;
      // Rounding may leave a variance below 0.
      const variance =
        meanGradient === null ? meanSquare : tf.maximum(tf.sub(meanSquare, tf.square(meanGradient)), 0);
      const step = tf.mul(tf.div(gradient, tf.sqrt(tf.add(variance, epsilon))), learningRate);
      const velocity = momentum > 0 ? tf.add(tf.mul(slots.momentum!, momentum), step) : step;
      return {
        value: tf.sub(value, velocity),
        slots: {
          meanSquare,
          ...(meanGradient !== null && { meanGradient }),
          ...(momentum > 0 && { momentum: velocity }),
        },
      };
    },
  };
}
