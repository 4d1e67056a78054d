import * as tf from '@tensorflow/tfjs-core';

/**
 * Mean softmax cross-entropy of each row's target against a whole catalogue.
 * @param states `[rows, width]`
 * @param items item vectors `[catalogue, width]`
 * @param targets index into `items` for each row, int32 `[rows]`
 */
export function fullCrossEntropy(states: tf.Tensor2D, items: tf.Tensor2D, targets: tf.Tensor1D): tf.Scalar {
  const logits: tf.Tensor2D = tf.matMul(states, items, false, true);
  const target = tf.sum(tf.mul(states, tf.gather(items, targets)), -1);
  return tf.mean(tf.sub(logSumExpRows(logits), target));
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
