import { expect, test } from 'vitest';
import {
  belowPopularityMessage,
  constantScoresMessage,
  divergenceMessage,
} from '../../../src/training/resultWarnings';

const course = { epoch: 4, startLoss: 0.7, loss: 18e6, gained: false, bestEpoch: 1, learningRate: 10 };

test.each([false, true])(
  'a loss far above its start is a divergence, and says what to do; gain: %s',
  (gained) => {
    const message = divergenceMessage({ ...course, gained });
    expect(message).toContain('the mean loss of epoch 4 is 18,000,000, that of the first step was 0.7.');
    expect(message).toContain('The best epoch so far is 1.');
    expect(message).toContain('Lower `training.learningRate` (it is 10)');
  },
);

test.each([
  ['a loss that falls', { loss: 0.3 }],
  ['a loss that is noisy', { loss: 1.9 }],
  ['a validation that gains all the same', { gained: true, loss: 3 }],
  ['an unknown start', { startLoss: undefined }],
])('%s is none', (_, change) => {
  expect(divergenceMessage({ ...course, ...change })).toBeNull();
});

test('a model below popularity is said to be so, by the main metric', () => {
  const baselines = { popularity: { 'ndcg@10': 0.04, 'hr@10': 0.1 }, markov: { 'ndcg@10': 0.2 } };
  const metrics = { 'ndcg@10': 0.01, 'hr@10': 0.2 };
  expect(belowPopularityMessage(metrics, baselines, 'ndcg@10')).toContain('NDCG@10 is 0.01, and 0.04 for');
  expect(belowPopularityMessage(metrics, baselines, 'hr@10')).toBeNull();
  expect(belowPopularityMessage({ 'ndcg@10': 0.04 }, baselines, 'ndcg@10')).toBeNull();
  expect(belowPopularityMessage(metrics, {}, 'ndcg@10')).toBeNull();
  expect(
    belowPopularityMessage({ 'gini@10': 0.5 }, { popularity: { 'gini@10': 0.9 } }, 'gini@10'),
  ).toBeNull();
});

test('scores that are the same for all candidates are told, and ties of some are not', () => {
  const ranks = (best: number[], worst: number[]) => ({
    best: Uint32Array.from(best),
    worst: Uint32Array.from(worst),
  });
  expect(constantScoresMessage(ranks([1, 1], [20, 18]))).toContain('the same score');
  expect(constantScoresMessage(ranks([1, 2], [20, 18]))).toBeNull();
  expect(constantScoresMessage(ranks([1, 1], [20, 1]))).toBeNull();
});
