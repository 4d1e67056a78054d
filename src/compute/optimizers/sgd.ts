import * as tf from '@tensorflow/tfjs-core';
import type { UpdateRule } from './ruleOptimizer';

export interface SgdSettings {
  momentum: number;
  nesterov: boolean;
}

/**
 * Gradient descent: θ ← θ − α·g. With momentum (Sutskever et al., 2013) u ← μ·u + g and θ ← θ − α·u, or by Nesterov
 * θ ← θ − α·(g + μ·u), which looks one step ahead.
 */
export function sgd({ momentum, nesterov }: SgdSettings): UpdateRule {
  if (momentum === 0) {
    return {
      slots: {},
      update: (value, gradient, _slots, learningRate) => ({
        value: tf.sub(value, tf.mul(gradient, learningRate)),
        slots: {},
      }),
    };
  }
  return {
    slots: { momentum: 0 },
    update(value, gradient, slots, learningRate) {
      const velocity = tf.add(tf.mul(slots.momentum!, momentum), gradient);
      const direction = nesterov ? tf.add(gradient, tf.mul(velocity, momentum)) : velocity;
      return { value: tf.sub(value, tf.mul(direction, learningRate)), slots: { momentum: velocity } };
    },
  };
}
