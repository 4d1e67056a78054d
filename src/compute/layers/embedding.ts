import * as tf from '@tensorflow/tfjs-core';
import { fused } from '../fused';

/**
 * Rows of a table. Row 0 is a row like any other here; what it means for padding is up to the model.
 * @param table `[N, d]`
 * @param indices int32 `[…]`
 * @returns `[…, d]`
 */
export function embeddingLookup(table: tf.Tensor2D, indices: tf.Tensor): tf.Tensor {
  const outputs = fused('EmbeddingLookup', { table, indices });
  if (outputs) return outputs[0]!;
  return tf.gather(table, indices);
}

/** What becomes of the rows of a bag: their sum, their mean, or their sum divided by the root of their number. */
export type Pooling = 'sum' | 'mean' | 'sqrtn';

/**
 * Pools the rows of each bag. Index 0 is padding: it adds nothing and is not counted. A bag without rows is 0.
 * @param table `[N, d]`
 * @param indices int32 `[R, k]`
 * @returns `[R, d]`
 */
export function embeddingBag(table: tf.Tensor2D, indices: tf.Tensor2D, pooling: Pooling): tf.Tensor2D {
  const outputs = fused('EmbeddingBag', { table, indices }, { pooling });
  if (outputs) return outputs[0] as tf.Tensor2D;
  return plainEmbeddingBag(table, indices, pooling);
}

/**
 * Adds up the rows of each bag by their weights. Index 0 is a row like any other: padding has the weight 0, and what is
 * padded with may be any row.
 * @param table `[N, d]`
 * @param indices int32 `[R, k]`
 * @param weights `[R, k]`
 * @returns `[R, d]`
 */
export function weightedEmbeddingBag(
  table: tf.Tensor2D,
  indices: tf.Tensor2D,
  weights: tf.Tensor2D,
): tf.Tensor2D {
  const outputs = fused('WeightedEmbeddingBag', { table, indices, weights });
  if (outputs) return outputs[0] as tf.Tensor2D;
  const rows = tf.gather(table, indices); // [R, k, d]
  return tf.squeeze<tf.Tensor2D>(tf.matMul(tf.expandDims(weights, 1), rows), [1]);
}

function plainEmbeddingBag(table: tf.Tensor2D, indices: tf.Tensor2D, pooling: Pooling): tf.Tensor2D {
  const present = tf.cast(tf.notEqual(indices, 0), 'float32');
  const sum: tf.Tensor2D = tf.sum(tf.mul(tf.gather(table, indices), tf.expandDims(present, -1)), 1);
  if (pooling === 'sum') return sum;
  const count = tf.maximum(tf.sum(present, 1, true), 1);
  return tf.div(sum, pooling === 'mean' ? count : tf.sqrt(count));
}
