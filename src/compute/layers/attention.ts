import * as tf from '@tensorflow/tfjs-core';
import { fused } from '../fused';
import { LayerInputError } from '../layerShapes';
import type { RandomStream } from '../random';
import { dropoutBy, reserveDropout, type DropoutMask } from './dropout';

export interface AttentionInput {
  /** `[B, T, d]`; heads are consecutive slices of d. */
  query: tf.Tensor;
  key: tf.Tensor;
  value: tf.Tensor;
  numHeads: number;
  /** Position i sees no position behind it. */
  causal: boolean;
  /** `[B, T]`: 1 where a key may be seen, 0 where it is padding; null when all may. */
  keyMask: tf.Tensor2D | null;
  /** Rate of dropout on the weights. */
  dropout: number;
  /** Null outside training: nothing is dropped. */
  random: RandomStream | null;
  /** What the products of query and key are multiplied by; 1/√(d / numHeads) if left out. */
  scale?: number;
}

export interface AttentionOutput {
  /** `[B, T, d]`, without an output projection. */
  output: tf.Tensor;
  /** `[B, numHeads, T, T]`: how much each position takes from which, before dropout. */
  weights: tf.Tensor;
}

/**
 * Scaled dot-product attention with several heads (Vaswani et al., 2017, eq. 1).
 * The weight of a key that may not be seen is 0, and a position that may see nothing has the output 0.
 */
export function multiHeadAttention(input: AttentionInput): AttentionOutput {
  const [output, weights] = attention(input, true);
  return { output, weights: weights! };
}

/** The output of attention for when nobody looks at the weights, `[B, T, d]`. */
export function attend(input: AttentionInput): tf.Tensor {
  return attention(input, false)[0];
}

function attention(input: AttentionInput, wantsWeights: boolean): [tf.Tensor, tf.Tensor | undefined] {
  const { query, key, value, numHeads, causal, keyMask, random } = input;
  const [size, length, width] = query.shape as [number, number, number];
  if (width % numHeads !== 0)
    throw new LayerInputError(
      `Attention: ${numHeads} heads cannot share a width of ${width}; it must be a multiple.`,
    );
  const scale = input.scale ?? 1 / Math.sqrt(width / numHeads);
  const mask = reserveDropout(random, input.dropout, size * numHeads * length * length);

  const outputs = fused(
    'Attention',
    keyMask === null ? { query, key, value } : { query, key, value, keyMask },
    { numHeads, causal, scale, ...mask, wantsWeights },
  );
  if (outputs) return [outputs[0]!, outputs[1]];
  const { output, weights } = plainAttention(input, scale, mask);
  return [output, weights];
}

/** Added to the logits of forbidden pairs. Finite, so that a row in which nothing may be seen stays a number. */
const FORBIDDEN = -1e9;

function plainAttention(
  { query, key, value, numHeads, causal, keyMask }: AttentionInput,
  scale: number,
  mask: DropoutMask,
): AttentionOutput {
  const [size, length, width] = query.shape as [number, number, number];
  const heads = (x: tf.Tensor): tf.Tensor =>
    numHeads === 1
      ? tf.reshape(x, [size, 1, length, width])
      : tf.transpose(tf.reshape(x, [size, length, numHeads, width / numHeads]), [0, 2, 1, 3]);
  const logits = tf.matMul(heads(tf.mul(query, scale)), heads(key), false, true);
  const visible = visiblePairs(size, length, causal, keyMask);
  const weights =
    visible === null
      ? tf.softmax(logits)
      : // Without the last factor a row in which nothing may be seen would be uniform.
        tf.mul(tf.softmax(tf.add(logits, tf.mul(tf.sub(1, visible), FORBIDDEN))), visible);
  const mixed = tf.matMul(dropoutBy(weights, mask), heads(value));
  const joined = numHeads === 1 ? mixed : tf.transpose(mixed, [0, 2, 1, 3]);
  return { output: tf.reshape(joined, [size, length, width]), weights };
}

/** 1 where position i may see position j, else 0, of a shape like `[B, 1, T, T]`; null if all may see all. */
export function visiblePairs(
  size: number,
  length: number,
  causal: boolean,
  keyMask: tf.Tensor2D | null,
): tf.Tensor | null {
  const keys = keyMask === null ? null : tf.reshape(keyMask, [size, 1, 1, length]);
  if (!causal) return keys;
  const past = new Float32Array(length * length);
  for (let i = 0; i < length; i++) past.fill(1, i * length, i * length + i + 1);
  const triangle = tf.tensor2d(past, [length, length]);
  return keys === null ? triangle : tf.mul(triangle, keys);
}
