import * as tf from '@tensorflow/tfjs-core';

/** Added to the logits of padding. Finite, so that a row of nothing but padding stays a number. */
const FAR_BELOW = -1e9;

/**
 * Softmax along the last axis among what is no padding, which gets 0; a row of nothing but padding is 0.
 * @param logits that can be broadcast with the mask
 * @param mask 1, or 0 where there is padding
 * @returns of the mask's shape or larger
 */
export function maskedSoftmax<T extends tf.Tensor>(logits: tf.Tensor, mask: T): T {
  return tf.mul(tf.softmax(tf.add(logits, tf.mul(tf.sub(1, mask), FAR_BELOW))), mask);
}
