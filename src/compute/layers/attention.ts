import * as tf from '@tensorflow/tfjs-core';
import { dropout } from './dropout';
import type { RandomStream } from '../random';

/** Added to the logits of forbidden pairs: finite, so that a row with nothing allowed stays a number. */
const FORBIDDEN = -1e9;

/**
 * Which positions may attend to which: position i sees the real (not padded) positions j ≤ i.
 * @param sequences item indices, `size × length`, 0 = padding
 * @returns what to add to the attention logits, `[size, 1, length, length]`
 */
export function causalMask(sequences: Int32Array, size: number, length: number): tf.Tensor4D {
  return tf.tidy(() => {
    const causal = new Float32Array(length * length);
    for (let i = 0; i < length; i++) causal.fill(FORBIDDEN, i * length + i + 1, (i + 1) * length);
    const padded = Float32Array.from(sequences, (item) => (item === 0 ? FORBIDDEN : 0));
    return tf.add(tf.tensor(causal, [1, 1, length, length]), tf.tensor(padded, [size, 1, 1, length]));
  });
}

/**
 * Scaled dot-product attention with several heads (Vaswani et al., 2017, eq. 1), without the output projection.
 * @param query `[size, length, width]`; key and value alike; heads are consecutive slices of the width
 * @param mask added to the logits, broadcast over heads
 * @param weightDropout rate on the attention weights; `random` is null outside training
 * @returns `[size, length, width]`
 */
export function multiHeadAttention(
  query: tf.Tensor,
  key: tf.Tensor,
  value: tf.Tensor,
  numHeads: number,
  mask: tf.Tensor4D,
  weightDropout: number,
  random: RandomStream | null,
): tf.Tensor {
  const [size, length, width] = query.shape as [number, number, number];
  const headSize = width / numHeads;
  const heads = (x: tf.Tensor): tf.Tensor =>
    numHeads === 1
      ? tf.reshape(x, [size, 1, length, width])
      : tf.transpose(tf.reshape(x, [size, length, numHeads, headSize]), [0, 2, 1, 3]);
  const scaled = tf.mul(heads(query), 1 / Math.sqrt(headSize));
  const weights = tf.softmax(tf.add(tf.matMul(scaled, heads(key), false, true), mask));
  const mixed = tf.matMul(dropout(weights, weightDropout, random), heads(value));
  const joined = numHeads === 1 ? mixed : tf.transpose(mixed, [0, 2, 1, 3]);
  return tf.reshape(joined, [size, length, width]);
}
