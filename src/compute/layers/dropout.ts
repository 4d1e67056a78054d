import * as tf from '@tensorflow/tfjs-core';
import { fused } from '../fused';
import { uint32At, type RandomBlock, type RandomStream } from '../random';

/**
 * Inverted dropout: each value is kept with probability 1 − rate and then divided by it, so that the mean stays.
 * The i-th value is kept if the i-th number of the stream is at least rate·2³².
 * @param random null outside training: the input passes unchanged
 */
export function dropout(x: tf.Tensor, rate: number, random: RandomStream | null): tf.Tensor {
  return random === null || rate === 0 ? x : dropoutFrom(x, rate, random.reserve(x.size));
}

/** Dropout by numbers that were set aside before. */
export function dropoutFrom(x: tf.Tensor, rate: number, block: RandomBlock): tf.Tensor {
  const outputs = fused('Dropout', { x }, { rate, key: block.key, start: block.start });
  if (outputs) return outputs[0]!;
  return plainDropout(x, rate, block);
}

function plainDropout(x: tf.Tensor, rate: number, block: RandomBlock): tf.Tensor {
  const mask = new Float32Array(x.size);
  const kept = 1 / (1 - rate);
  const threshold = rate * 0x100000000;
  for (let index = 0; index < mask.length; index++)
    mask[index] = uint32At(block, index) >= threshold ? kept : 0;
  return tf.mul(x, tf.tensor(mask, x.shape));
}
