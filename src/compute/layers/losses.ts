import * as tf from '@tensorflow/tfjs-core';
import { ComputeError } from '../computeError';

/**
 * Mean softmax cross-entropy of each row's target against a whole catalogue.
 * @param states `[rows, width]`
 * @param items item vectors `[catalogue, width]`
 * @param targets index into `items` for each row, int32 `[rows]`
 */
export function fullCrossEntropy(states: tf.Tensor2D, items: tf.Tensor2D, targets: tf.Tensor1D): tf.Scalar {
  checkSize(states.shape[0], items.shape[0]);
  const logits: tf.Tensor2D = tf.matMul(states, items, false, true);
  const target = tf.sum(tf.mul(states, tf.gather(items, targets)), -1);
  return tf.mean(tf.sub(logSumExpRows(logits), target));
}

/** Matrices of the size of the scores that are alive at once: scores, softmax, its gradient, and one on the way. */
const LIVE_MATRICES = 4;
const WEBASSEMBLY_BYTES = 4 * 1024 ** 3;

/** WebAssembly answers a full memory with wrong numbers before it gives up, so too large a step is refused beforehand. */
function checkSize(rows: number, columns: number): void {
  const bytes = LIVE_MATRICES * 4 * rows * columns;
  if (tf.getBackend() !== 'wasm' || bytes < 0.9 * WEBASSEMBLY_BYTES) return;
  throw new ComputeError(
    `Scoring ${rows} positions against ${columns} items takes ${(bytes / 1e9).toFixed(1)} GB at once, and the backend has 4 GB. ` +
      'Lower `training.batchSize` or `model.maxSequenceLength`, or take the loss `bce`.',
  );
}

/**
 * log Σ exp over the last axis of `[rows, columns]`. Its gradient is the softmax, so the forward pass makes that first
 * and reads the result off it: for every column j, log Σ exp = x_j − log softmax_j, and the largest column never underflows.
 */
function logSumExpRows(logits: tf.Tensor2D): tf.Tensor1D {
  const withGradient = tf.customGrad((input, save) => {
    const values = input as tf.Tensor2D;
    const probabilities = tf.softmax(values);
    (save as tf.GradSaveFunc)([probabilities]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor =>
      tf.mul(saved[0]!, tf.expandDims(dy, -1));
    return { value: tf.sub(tf.max(values, -1), tf.log(tf.max(probabilities, -1))), gradFunc };
  });
  return withGradient(logits) as tf.Tensor1D;
}

/**
 * Binary cross-entropy on logits of the true next item against sampled ones:
 * mean over rows of −log σ(positive) plus the mean over rows and negatives of −log(1 − σ(negative)).
 * @param positive `[rows]`
 * @param negative `[rows, negatives]`
 */
export function binaryCrossEntropy(positive: tf.Tensor, negative: tf.Tensor): tf.Scalar {
  return tf.add(tf.mean(tf.softplus(tf.neg(positive))), tf.mean(tf.softplus(negative)));
}
