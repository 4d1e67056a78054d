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

/** log Σ exp over the last axis of `[rows, columns]`, whose gradient is the softmax that the forward pass already has. */
function logSumExpRows(logits: tf.Tensor2D): tf.Tensor1D {
  const withGradient = tf.customGrad((input, save) => {
    const values = input as tf.Tensor2D;
    const largest = tf.max(values, -1, true);
    const exponentials = tf.exp(tf.sub(values, largest));
    const total = tf.sum(exponentials, -1, true);
    (save as tf.GradSaveFunc)([exponentials, total]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor => {
      const [numerator, denominator] = saved as [tf.Tensor2D, tf.Tensor2D];
      return tf.mul(numerator, tf.div(tf.expandDims(dy, -1), denominator));
    };
    return { value: tf.squeeze(tf.add(tf.log(total), largest), [-1]), gradFunc };
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
