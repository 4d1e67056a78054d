import * as tf from '@tensorflow/tfjs-core';
import { rowwiseScores } from '../../compute/layers/losses';

/**
 * Scores of each user's own candidates.
 * @param users `[B, d]`
 * @param candidates `[B·k, d]`, the k of the first user first
 * @returns `[B, k]`
 */
export function pairScores(users: tf.Tensor2D, candidates: tf.Tensor2D): tf.Tensor2D {
  const rows = users.shape[0];
  const each = candidates.shape[0] / rows;
  const places = tf.reshape(tf.range(0, rows * each, 1, 'int32'), [rows, each]);
  return rowwiseScores(users, candidates, places as tf.Tensor2D);
}

/**
 * Mean of max(0, margin + negative − positive) over all pairs of a row.
 * @param scores `[B, 1 + k]`, the positive's first
 */
export function maxMargin(scores: tf.Tensor2D, margin: number): tf.Scalar {
  const negatives = scores.shape[1] - 1;
  const [positive, negative] = tf.split(scores, [1, negatives], 1);
  return tf.mean(tf.relu(tf.add(tf.sub(negative!, positive!), margin)));
}
