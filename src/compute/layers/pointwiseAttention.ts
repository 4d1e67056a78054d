import * as tf from '@tensorflow/tfjs-core';
import { fused } from '../fused';
import { visiblePairs, type AttentionOutput } from './attention';
import { layerNorm, type LayerNormalization } from './layerNorm';

export interface PointwiseAttentionInput {
  /**
   * Gate u, values V, queries Q and keys K side by side, `[B, T, 2·numHeads·(valueSize + keySize)]`; heads are consecutive slices
   * of each.
   */
  projected: tf.Tensor;
  numHeads: number;
  /** Width of the queries and keys, and of the values, of each head. */
  keySize: number;
  valueSize: number;
  /** What weights are divided by. */
  divisor: number;
  /** `[B, T]`: 1 where a key may be seen, 0 where it is padding; null when all may. */
  keyMask: tf.Tensor2D | null;
  /** Added to the products of query and key by distance: the last is that of a position and itself. T or more, or null. */
  positionBias: tf.Tensor1D | null;
  timeBias: TimeBias | null;
  /** What the joined heads go through before the gate; as wide as they are. */
  normalization: LayerNormalization;
}

/** Added to the products of query and key by the time between them. */
export interface TimeBias {
  /** Of each bucket of {@link timeBuckets}. */
  table: tf.Tensor1D;
  /** Whole seconds from any moment, `[B, T]`, from 0 to {@link LATEST}. */
  queryTimes: Int32Array;
  keyTimes: Int32Array;
}

/** The latest time that may be given, in seconds: 68 years. */
export const LATEST = 2 ** 31 - 2;

/**
 * Pointwise attention and its gate (Zhai et al., "Actions Speak Louder than Words: Trillion-Parameter Sequential Transducers for
 * Generative Recommendations", ICML 2024, arXiv 2402.17152, eq. 2 and 3):
 * u∘LN(A·V) with A = silu(Q·Kᵀ + bias)/divisor. A position sees itself and those before it; the weights do not sum to 1.
 * @returns `[B, T, numHeads·valueSize]`, and the weights A
 */
export function recordedPointwiseAttention(input: PointwiseAttentionInput): AttentionOutput {
  const [output, weights] = attention(input, true);
  return { output, weights: weights! };
}

/** The same for when nobody looks at the weights. */
export function pointwiseAttention(input: PointwiseAttentionInput): tf.Tensor {
  return attention(input, false)[0];
}

function attention(
  input: PointwiseAttentionInput,
  wantsWeights: boolean,
): [tf.Tensor, tf.Tensor | undefined] {
  const { projected, numHeads, keySize, valueSize, divisor, keyMask, positionBias, timeBias } = input;
  const { gamma, beta, epsilon } = input.normalization;
  const [size, length] = projected.shape as [number, number];
  const outputs = fused(
    'PointwiseAttention',
    {
      ...{ projected, gamma, beta },
      ...(keyMask && { keyMask }),
      ...(positionBias && { positionBias }),
      ...(timeBias && {
        timeBias: timeBias.table,
        bounds: tf.tensor1d(bucketBounds(timeBias.table.size), 'int32'),
        times: tf.tensor3d(sideBySide(timeBias, length), [size, 2, length], 'int32'),
      }),
    },
    { numHeads, keySize, valueSize, divisor, epsilon, wantsWeights },
  );
  if (outputs) return [outputs[0]!, outputs[2]];
  const { output, weights } = plainAttention(input);
  return [output, weights];
}

function plainAttention({
  projected,
  numHeads,
  keySize,
  valueSize,
  divisor,
  keyMask,
  positionBias,
  timeBias,
  normalization,
}: PointwiseAttentionInput): AttentionOutput {
  const [size, length] = projected.shape as [number, number];
  const heads = (x: tf.Tensor): tf.Tensor =>
    tf.transpose(tf.reshape(x, [size, length, numHeads, x.shape[2]! / numHeads]), [0, 2, 1, 3]);
  const widths = [valueSize, valueSize, keySize, keySize].map((width) => numHeads * width);
  const [gate, value, query, key] = tf.split(projected, widths, 2) as [
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
  ];
  let logits = tf.matMul(heads(query), heads(key), false, true); // [B, numHeads, T, T]
  if (positionBias !== null)
    logits = tf.add(logits, tf.gather(positionBias, places(positionBias.size, length)));
  if (timeBias !== null) {
    const buckets = tf.tensor3d(timeBuckets(timeBias, size, length), [size, length, length], 'int32');
    logits = tf.add(logits, tf.expandDims(tf.gather(timeBias.table, buckets), 1));
  }
  const shares = tf.div(visiblePairs(size, length, true, keyMask)!, divisor);
  const weights = tf.mul(tf.mul(logits, tf.sigmoid(logits)), shares);
  const mixed = tf.transpose(tf.matMul(weights, heads(value)), [0, 2, 1, 3]);
  const joined = tf.reshape(mixed, [size, length, numHeads * valueSize]);
  return { output: tf.mul(gate, layerNorm(joined, normalization)), weights };
}

/** Which of so many biases is that of position i and position j, `[T, T]`; any where j is behind i. */
function places(positions: number, length: number): tf.Tensor2D {
  const all = new Int32Array(length * length);
  for (let i = 0; i < length; i++) for (let j = 0; j <= i; j++) all[i * length + j] = positions - 1 - (i - j);
  return tf.tensor2d(all, [length, length], 'int32');
}

/** Logarithm of how much longer the gaps of a bucket are than those of the one before: each has 35% more. */
const BUCKET_WIDTH = 0.301;

/**
 * Buckets of the gaps d between queries and keys, `[B, T, T]`: ⌊ln(max(1, d))/0.301⌋, and the last for all that is longer.
 */
export function timeBuckets(
  { table, queryTimes, keyTimes }: TimeBias,
  size: number,
  length: number,
): Int32Array {
  const bounds = bucketBounds(table.size);
  const buckets = new Int32Array(size * length * length);
  let bucket = 0;
  for (let row = 0; row < queryTimes.length; row++) {
    const firstKey = row - (row % length);
    for (let j = 0; j < length; j++) {
      const gap = Math.abs(queryTimes[row]! - keyTimes[firstKey + j]!);
      while (bucket + 1 < bounds.length && gap >= bounds[bucket + 1]!) bucket++;
      while (bucket > 0 && gap < bounds[bucket]!) bucket--;
      buckets[row * length + j] = bucket;
    }
  }
  return buckets;
}

/** The shortest gap of each bucket in whole seconds; above {@link LATEST} where no gap is that long. */
function bucketBounds(buckets: number): Int32Array {
  return Int32Array.from({ length: buckets }, (_, bucket) =>
    bucket === 0 ? 0 : Math.min(LATEST + 1, Math.ceil(Math.exp(BUCKET_WIDTH * bucket))),
  );
}

/** Times of the queries and then of the keys of each sequence, `[B, 2, T]`. */
function sideBySide({ queryTimes, keyTimes }: TimeBias, length: number): Int32Array {
  const times = new Int32Array(2 * queryTimes.length);
  for (let from = 0; from < queryTimes.length; from += length) {
    times.set(queryTimes.subarray(from, from + length), 2 * from);
    times.set(keyTimes.subarray(from, from + length), 2 * from + length);
  }
  return times;
}
