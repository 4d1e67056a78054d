import { describe, expect, test } from 'vitest';
import { configSchema } from '../../../src/config/schema';
import { rankingTask } from '../../../src/inference/evaluateModel';
import { predictableShare } from '../../../src/inference/predictableShare';
import {
  belowPopularityMessage,
  constantScoresMessage,
  divergenceMessage,
  tooGoodMessage,
} from '../../../src/training/resultWarnings';
import { datasetOf, tinyDataset } from '../inference/tinyDataset';

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

describe('scores that are the same for all candidates', () => {
  const dataset = datasetOf(
    [
      [1, 2, 3, 4],
      [2, 3, 1, 5],
    ],
    6,
  );
  const task = (evaluation: object) =>
    rankingTask(dataset, 'test', configSchema.shape.evaluation.parse(evaluation));
  const ranks = (best: number[], worst: number[]) => ({
    best: Uint32Array.from(best),
    worst: Uint32Array.from(worst),
  });

  test('are told, and ties of some are not, of however few users', () => {
    const all = task({ filterSeen: false });
    expect(constantScoresMessage(ranks([1, 1], [6, 6]), all)).toContain('the same score');
    expect(constantScoresMessage(ranks([1, 2], [6, 6]), all)).toBeNull();
    // A model that cannot tell a few items apart ranks the others.
    expect(constantScoresMessage(ranks([1, 1], [6, 5]), all)).toBeNull();
  });

  test('are those of the candidates alone', () => {
    const unseen = task({ filterSeen: true });
    expect(constantScoresMessage(ranks([1, 1], [3, 3]), unseen)).toContain('the same score');
    expect(constantScoresMessage(ranks([1, 1], [6, 6]), unseen)).toBeNull();
    const sampled = task({ filterSeen: false, candidates: { type: 'sampled', count: 2 } });
    expect(constantScoresMessage(ranks([1, 1], [3, 3]), sampled)).toContain('the same score');
  });
});

describe('a model that is too good', () => {
  const message = (model: number, baselines: number[], predictable = 0.1) =>
    tooGoodMessage({ model, baselines }, () => predictable);

  test('is told with what others reach', () => {
    expect(message(0.99, [0.05, 0.2])).toContain(
      'the model ranks a held-out item first for 99.0% of the users; the best baseline does for 20.0%, and the items that most often follow the newest ones are right for 10.0%.',
    );
    expect(message(1, [])).not.toContain('baseline');
  });

  test.each([
    ['one that misses half', 0.49, [0], 0],
    ['one next to a good baseline', 0.9, [0.1, 0.5], 0],
    ['perfect ones', 1, [1], 0],
    ['one that knows a fixed order', 1, [0.1], 0.99],
  ])('is not %s', (_, model, baselines, predictable) => {
    expect(message(model, baselines, predictable)).toBeNull();
  });

  test('may be explained by the order of two items, which no first-order baseline knows', () => {
    // After (a, b) comes a different item than after (b, b): each user goes around one of two circles that share their items.
    const circles = [
      [1, 2, 3, 4],
      [2, 1, 4, 3],
    ];
    const users = Array.from({ length: 40 }, (_, user) =>
      Array.from({ length: 12 }, (_, place) => circles[user % 2]![(user + place) % 4]!),
    );
    const options = configSchema.shape.evaluation.parse({ filterSeen: false });
    expect(predictableShare(rankingTask(datasetOf(users, 4), 'test', options))).toBe(1);
    const random = tinyDataset(200, 12);
    const share = predictableShare(rankingTask(random, 'test', options));
    expect(share).toBeGreaterThan(0.6);
    expect(share).toBeLessThan(0.95);
  });
});
