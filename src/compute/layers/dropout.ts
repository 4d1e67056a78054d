import * as tf from '@tensorflow/tfjs-core';
import type { RandomStream } from '../random';

/**
 * Inverted dropout: each value is kept with probability 1 − rate and then divided by it, so that the mean stays.
 * @param random null outside training: the input passes unchanged
 */
export function dropout(x: tf.Tensor, rate: number, random: RandomStream | null): tf.Tensor {
  if (random === null || rate === 0) return x;
  const mask = new Float32Array(x.size);
  const kept = 1 / (1 - rate);
  const threshold = rate * 0x100000000;
  for (let index = 0; index < mask.length; index++) mask[index] = random.nextUint32() >= threshold ? kept : 0;
  return tf.mul(x, tf.tensor(mask, x.shape));
}
