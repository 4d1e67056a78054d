import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import type { JointScoring } from '../../../src/model/model';
import { scoresInBlocks } from '../../../src/inference/scoresInBlocks';
import { useBackend } from '../compute/useBackend';

useBackend('cpu');

/** So much for a pair that each block holds one column. */
const scoring = { kind: 'joint', valuesPerPair: 2 ** 30 } as JointScoring;

test('scores of blocks stand at their columns', async () => {
  const scoreBlock = (from: number, count: number) => tf.tensor2d([from, 10 + from], [2, count]);
  expect([...(await scoresInBlocks(scoring, 2, 3, scoreBlock))]).toEqual([0, 1, 2, 10, 11, 12]);
});

test('a batch that takes long can be given up', async () => {
  const stop = () => {
    throw new Error('stopped');
  };
  // Pauses come by the clock: there is one in so much work, all of which would take minutes.
  const scores = scoresInBlocks(scoring, 1, 10_000_000, () => tf.zeros([1, 1]), stop);
  await expect(scores).rejects.toThrow('stopped');
});
