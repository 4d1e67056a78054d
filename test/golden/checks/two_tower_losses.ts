import * as tf from '@tensorflow/tfjs-core';
import { binaryCrossEntropy } from '../../../src/compute/layers/losses';
import { inBatchSoftmax, logShare } from '../../../src/model/twoTower/inBatchSoftmax';
import { maxMargin, pairScores } from '../../../src/model/twoTower/pairScores';
import type { GoldenCheck } from '../goldenCheck';

interface Fixture {
  user: number[][];
  item: number[][];
  item_neg: number[][];
  item_ids: number[];
  Q: number[];
  softmax: {
    temperature: number;
    use_correction: boolean;
    remove_accidental_hits: boolean;
    loss: number;
    ssl_loss: number;
  }[];
  max_margin: { margin: number; loss: number }[];
  bce: { labels: number[]; loss: number };
}

/** LibRecommender's losses of what the towers made. */
export const check: GoldenCheck = (json, compare) => {
  const fixture = json as Fixture;
  const users = tf.tensor2d(fixture.user);
  const items = tf.tensor2d(fixture.item);
  for (const golden of fixture.softmax) {
    const label = `softmax, temperature ${golden.temperature}, correction ${golden.use_correction}, hits removed ${golden.remove_accidental_hits}`;
    const scale = 1 / golden.temperature;
    const loss = inBatchSoftmax(users, items, {
      scale,
      logQ: golden.use_correction ? Float32Array.from(fixture.Q, logShare) : null,
      items: golden.remove_accidental_hits ? Int32Array.from(fixture.item_ids) : null,
    });
    compare(label, loss.dataSync(), golden.loss);
    // Views are told apart without correction, and every other row is a negative.
    const ssl = inBatchSoftmax(users, items, { scale, logQ: null, items: null });
    compare(`${label}: self-supervised`, ssl.dataSync(), golden.ssl_loss);
  }

  // A positive and a negative in turn.
  const rows = fixture.user.length;
  const both = tf.reshape(tf.stack([items, tf.tensor2d(fixture.item_neg)], 1), [2 * rows, -1]);
  for (const { margin, loss } of fixture.max_margin) {
    const scores = pairScores(users, both as tf.Tensor2D);
    compare(`max margin ${margin}`, maxMargin(scores, margin).dataSync(), loss);
  }
  const { labels, loss } = fixture.bce;
  const scores = pairScores(users, items);
  compare(
    'cross-entropy',
    binaryCrossEntropy(scores, tf.tensor2d(labels, scores.shape), null).dataSync(),
    loss,
  );
};
