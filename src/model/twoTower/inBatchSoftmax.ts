import * as tf from '@tensorflow/tfjs-core';
import { candidateCrossEntropy } from '../../compute/layers/losses';
import type { TwoTowerConfig } from './options';

export interface InBatchOptions {
  /** What scores are multiplied by: 1/temperature. */
  scale: number | tf.Scalar;
  /** Log of the probability that each row's item is in a batch, `[B]`; null for no correction. */
  logQ: Float32Array | null;
  /** Item of each row, `[B]`, so that another row with the same item is no negative; null to take it for one. */
  items: Int32Array | null;
}

/**
 * Softmax cross-entropy of each user's own item against the items of the whole batch (Yi et al., "Sampling-bias-corrected
 * neural modeling for large corpus item recommendations", RecSys 2019, eq. 4 and 5):
 * the mean of −log softmax(scale·U·Iᵀ − log Q) on the diagonal.
 * @param users U, `[B, d]`
 * @param items I, `[B, d]`
 */
export function inBatchSoftmax(
  users: tf.Tensor2D,
  items: tf.Tensor2D,
  { scale, logQ, items: ids }: InBatchOptions,
): tf.Scalar {
  const own = tf.range(0, users.shape[0], 1, 'int32');
  const same = ids === null ? null : tf.tensor1d(ids, 'int32');
  return candidateCrossEntropy(users, items, own, {
    scale,
    ...(logQ !== null && { logitBias: tf.neg(tf.tensor1d(logQ)) }),
    ...(same !== null && { sameItem: { rows: same, candidates: same } }),
  });
}

const LEAST_SHARE = 1e-8;

/** log Q of an item with this share of the training interactions. Q stays within 1e-8 and 1. */
export function logShare(share: number): number {
  return Math.log(Math.min(1, Math.max(LEAST_SHARE, share)));
}

type Correction = Extract<TwoTowerConfig['loss'], { type: 'softmax' }>['correction'];

/** log Q by item, `[N + 1]`; null without correction. */
export function samplingLogQ(itemCounts: Uint32Array, correction: Correction): Float32Array | null {
  if (correction === 'none') return null;
  const more = correction === 'smoothedCounts' ? 1 : 0;
  const total = itemCounts.reduce((sum, count) => sum + count, 0) + more * (itemCounts.length - 1);
  return Float32Array.from(itemCounts, (count) => logShare((count + more) / Math.max(1, total)));
}
