import * as tf from '@tensorflow/tfjs-core';
import { binaryCrossEntropy } from '../../compute/layers/losses';

/*
 * Losses of scores in groups of one chosen item and some others, as in the deeprec models of Microsoft Recommenders.
 * Scores and labels are `[groups, items]`; labels are 1 or 0 and carry no gradient.
 */

/**
 * - `softmax`: mean over groups of −log softmax at the chosen item
 * - `crossEntropy`: mean over items of −y·log σ(l) − (1 − y)·log(1 − σ(l))
 * - `log`: the same with ε beside the probabilities, so that it stays finite
 * - `rmse`: √(mean over items of (p − y)²), `mse` without the root
 */
export type GroupLoss = 'softmax' | 'crossEntropy' | 'log' | 'rmse' | 'mse';

/** What square losses take for the prediction p: σ(l), or the score l itself. */
export type Prediction = 'probability' | 'score';

/** ε of TensorFlow's `log_loss`. */
const LOG_EPSILON = 1e-7;
/** The root has no slope at 0: below this square the loss counts as reached. */
const LEAST_SQUARE = 1e-14;

/** @param prediction what `rmse` and `mse` compare with the labels; `log` always takes the probability */
export function groupLoss(
  loss: GroupLoss,
  scores: tf.Tensor2D,
  labels: tf.Tensor2D,
  prediction: Prediction = 'probability',
): tf.Scalar {
  switch (loss) {
    case 'softmax':
      return tf.div(tf.neg(tf.sum(tf.mul(labels, tf.logSoftmax(scores)))), scores.shape[0]);
    case 'crossEntropy':
      return binaryCrossEntropy(scores, labels, null);
    case 'log':
      return logLoss(tf.sigmoid(scores), labels);
    case 'rmse':
      return tf.sqrt(tf.maximum(meanSquare(scores, labels, prediction), LEAST_SQUARE));
    case 'mse':
      return meanSquare(scores, labels, prediction);
  }
}

function logLoss(probabilities: tf.Tensor2D, labels: tf.Tensor2D): tf.Scalar {
  const chosen = tf.log(tf.add(probabilities, LOG_EPSILON));
  const others = tf.log(tf.add(tf.sub(1, probabilities), LOG_EPSILON));
  return tf.neg(tf.mean(tf.add(tf.mul(labels, chosen), tf.mul(tf.sub(1, labels), others))));
}

function meanSquare(scores: tf.Tensor2D, labels: tf.Tensor2D, prediction: Prediction): tf.Scalar {
  const predicted = prediction === 'probability' ? tf.sigmoid(scores) : scores;
  return tf.mean(tf.square(tf.sub(predicted, labels)));
}
