import * as tf from '@tensorflow/tfjs-core';
import type { UpdateRule } from './ruleOptimizer';

export interface AdagradSettings {
  initialAccumulator: number;
  epsilon: number;
}

/** Adagrad (Duchi et al., 2011): n ← n + g², θ ← θ − α·g / (√n + ε). */
export function adagrad({ initialAccumulator, epsilon }: AdagradSettings): UpdateRule {
  return {
    slots: { accumulator: initialAccumulator },
    update(value, gradient, slots, learningRate) {
      const accumulator = tf.add(slots.accumulator!, tf.square(gradient));
      const step = tf.div(gradient, tf.add(tf.sqrt(accumulator), epsilon));
      return { value: tf.sub(value, tf.mul(step, learningRate)), slots: { accumulator } };
    },
  };
}
