import * as tf from '@tensorflow/tfjs-core';
import type { Parameters } from '../../compute/parameters';

const LEAST = 0.01;
const LARGEST = 100;

/** What scores are divided by: a number, or one that is learned, within bounds or a bare scalar as in LibRecommender. */
export type TemperatureOption = number | 'learned' | 'learnedUnbounded';

/** 1/τ, which scores are multiplied by. */
export interface InverseTemperature {
  value(): number | tf.Scalar;
}

/** Makes the parameter `logTemperature` or `temperature` where τ is learned; it starts at 1. */
export function createTemperature(
  parameters: Parameters,
  temperature: TemperatureOption,
): InverseTemperature {
  if (typeof temperature === 'number') return { value: () => 1 / temperature };
  const learned = (name: string, value: number): tf.Scalar =>
    parameters.create(name, [], { kind: 'constant', value }) as tf.Variable<tf.Rank.R0>;
  if (temperature === 'learned') {
    const logTemperature = learned('logTemperature', 0);
    return { value: () => tf.exp(tf.neg(clampLog(logTemperature))) };
  }
  const bare = learned('temperature', 1);
  return { value: () => reciprocal(bare) };
}

/**
 * log τ within its bounds. At a bound the gradient is that of the side which leads back, so that a parameter that was
 * carried beyond returns.
 */
function clampLog(logTemperature: tf.Scalar): tf.Scalar {
  const [least, largest] = [Math.log(LEAST), Math.log(LARGEST)];
  const clamp = tf.customGrad((input, save) => {
    const x = input as tf.Scalar;
    (save as tf.GradSaveFunc)([x]);
    const gradFunc = (dy: tf.Scalar, saved: tf.Tensor[]): tf.Scalar => {
      const [value] = saved as [tf.Scalar];
      // A step goes against the gradient.
      const leadsOut = tf.logicalOr(
        tf.logicalAnd(tf.lessEqual(value, least), tf.greater(dy, 0)),
        tf.logicalAnd(tf.greaterEqual(value, largest), tf.less(dy, 0)),
      );
      return tf.where(leadsOut, 0, dy);
    };
    return { value: tf.clipByValue(x, least, largest), gradFunc };
  });
  return clamp(logTemperature);
}

/** 1/x, and 0 at 0 as in the reference; so is its gradient there. */
function reciprocal(x: tf.Scalar): tf.Scalar {
  const withGradient = tf.customGrad((input, save) => {
    const value = tf.divNoNan(1, input as tf.Scalar);
    (save as tf.GradSaveFunc)([value]);
    return {
      value,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.neg(tf.mul(dy, tf.square(saved[0]!))),
    };
  });
  return withGradient(x) as tf.Scalar;
}
