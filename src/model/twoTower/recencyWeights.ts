import * as tf from '@tensorflow/tfjs-core';
import type { Parameters } from '../../compute/parameters';
import { maskedSoftmax } from '../parts/maskedSoftmax';

/** How much an item counts by its place from the newest. */
export interface RecencyWeights {
  /** What the weights differ by from those they start with, as logarithms, the newest place last: `[maxLength]`. */
  learned: tf.Tensor1D;
  /** Logarithms that they start with: the weight of place n from the newest, counted from 1, is 1/n. `[maxLength]` */
  initial: Float32Array;
}

/** Makes the parameter `<name>`. */
export function createRecencyWeights(
  parameters: Parameters,
  name: string,
  maxLength: number,
): RecencyWeights {
  return {
    learned: parameters.create(name, [maxLength], { kind: 'constant', value: 0 }) as tf.Tensor1D,
    initial: Float32Array.from({ length: maxLength }, (_, place) => -Math.log(maxLength - place)),
  };
}

/**
 * Weights of a mean in which each item counts by its place from the newest, `[B, T]`: 0 where there is padding.
 * @param present for each of B·T places 1, or 0 where it is padding; T is no more than the weights are for
 */
export function recencyWeights(
  present: Float32Array,
  size: number,
  { learned, initial }: RecencyWeights,
): tf.Tensor2D {
  const length = present.length / size;
  const oldest = initial.length - length;
  const logits = tf.add(tf.slice(learned, [oldest], [length]), tf.tensor1d(initial.subarray(oldest)));
  return maskedSoftmax(logits, tf.tensor2d(present, [size, length]));
}
