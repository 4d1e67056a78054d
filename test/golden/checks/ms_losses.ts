import * as tf from '@tensorflow/tfjs-core';
import { groupLoss, type GroupLoss } from '../../../src/model/sum/groupLosses';
import type { GoldenCheck } from '../goldenCheck';

interface Fixture {
  logits: number[][];
  labels: number[][];
  softmax: number;
  cross_entropy_loss: number;
  square_loss_is_rmse: number;
  log_loss: number;
}

/** Losses of Microsoft's deeprec models, on scores in groups. */
export const check: GoldenCheck = (fixture, compare) => {
  const golden = fixture as Fixture;
  const lossOf = (loss: GroupLoss): ArrayLike<number> =>
    tf.tidy(() => groupLoss(loss, tf.tensor2d(golden.logits), tf.tensor2d(golden.labels)).dataSync());
  compare('softmax', lossOf('softmax'), golden.softmax);
  compare('cross_entropy_loss', lossOf('crossEntropy'), golden.cross_entropy_loss);
  compare('square_loss', lossOf('rmse'), golden.square_loss_is_rmse);
  compare('square_loss, squared', lossOf('mse'), golden.square_loss_is_rmse ** 2);
  compare('log_loss', lossOf('log'), golden.log_loss);
};
