import * as tf from '@tensorflow/tfjs-core';
import { fused } from '../fused';
import { uint32At, type RandomBlock, type RandomStream } from '../random';

/** Which values get dropped: those whose number in the block is below rate·2³². */
export interface DropoutMask extends RandomBlock {
  /** 0 for none. */
  rate: number;
}

/**
 * Inverted dropout: each value is kept with probability 1 − rate and then divided by it, so that the mean stays.
 * The i-th value is kept if the i-th number of the stream is at least rate·2³².
 * @param random null outside training: the input passes unchanged
 */
export function dropout(x: tf.Tensor, rate: number, random: RandomStream | null): tf.Tensor {
  return dropoutBy(x, reserveDropout(random, rate, x.size));
}

/** Sets the numbers aside that decide on `count` values. Takes none where nothing is dropped. */
export function reserveDropout(random: RandomStream | null, rate: number, count: number): DropoutMask {
  return random === null || rate === 0 ? { rate: 0, key: 0, start: 0 } : { rate, ...random.reserve(count) };
}

/** Dropout by numbers that were set aside before. */
export function dropoutBy(x: tf.Tensor, mask: DropoutMask): tf.Tensor {
  if (mask.rate === 0) return x;
  const outputs = fused('Dropout', { x }, { ...mask });
  if (outputs) return outputs[0]!;
  return plainDropout(x, mask);
}

function plainDropout(x: tf.Tensor, mask: DropoutMask): tf.Tensor {
  const factors = new Float32Array(x.size);
  const kept = 1 / (1 - mask.rate);
  const threshold = mask.rate * 0x100000000;
  for (let index = 0; index < factors.length; index++)
    factors[index] = uint32At(mask, index) >= threshold ? kept : 0;
  return tf.mul(x, tf.tensor(factors, x.shape));
}
