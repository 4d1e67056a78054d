import { describe, expect, it } from 'vitest';
import { configSchema } from '../../../src/config/schema';
import { Popularity } from '../../../src/model/popularity/popularity';
import { evaluateRanking } from '../../../src/evaluation/evaluateRanking';
import { rankByScores } from '../../../src/inference/rankByScores';
import { rankingMetrics } from '../../../src/evaluation/metrics/metrics';
import { rankingTask } from '../../../src/inference/evaluateModel';
import { sampleNegatives } from '../../../src/inference/sampledNegatives';
import type { PreparedDataset } from '../../../src/dataset/preparedDataset';
import { datasetOf, tinyDataset } from './tinyDataset';

const evaluation = (settings: object) =>
  configSchema.parse({ dataset: { path: 'a.csv' }, model: { type: 'popularity' }, evaluation: settings })
    .evaluation;

/** All items of each user. */
const metOf =
  ({ items, offsets }: PreparedDataset) =>
  (user: number): Uint32Array =>
    items.subarray(offsets[user], offsets[user + 1]);

describe.each(['uniform', 'popularity'] as const)('%s negatives', (distribution) => {
  it('are distinct, none that the user ever met, and the same each time', () => {
    const dataset = tinyDataset(40, 30);
    const drawn = sampleNegatives(dataset, { count: 8, distribution, seed: 1 }, metOf(dataset));
    const again = sampleNegatives(dataset, { count: 8, distribution, seed: 1 }, metOf(dataset));
    const other = sampleNegatives(dataset, { count: 8, distribution, seed: 2 }, metOf(dataset));
    let different = 0;
    for (let user = 39; user >= 0; user--) {
      const negatives = drawn(user);
      const met = dataset.items.subarray(dataset.offsets[user], dataset.offsets[user + 1]);
      expect(new Set(negatives).size).toBe(8);
      for (const item of negatives) {
        expect(met.includes(item)).toBe(false);
        expect(item >= 1 && item <= 30).toBe(true);
      }
      expect(again(user)).toEqual(negatives);
      if (other(user).join() !== negatives.join()) different++;
    }
    expect(different).toBeGreaterThan(30);
  });

  it('are all that is left where the user has met nearly everything', () => {
    const dataset = datasetOf(
      [
        [1, 2, 3, 4],
        [5, 6, 7, 8],
      ],
      8,
    );
    expect(sampleNegatives(dataset, { count: 100, distribution, seed: 1 }, metOf(dataset))(0).sort()).toEqual(
      Uint32Array.of(5, 6, 7, 8),
    );
  });

  it('are any but the held-out item where seen items stay candidates', () => {
    const dataset = datasetOf([[1, 2, 1, 3, 2]], 4);
    const drawn = sampleNegatives(dataset, { count: 3, distribution, seed: 1 }, () => Uint32Array.of(2));
    expect(drawn(0).sort()).toEqual(Uint32Array.of(1, 3, 4));
  });
});

describe('the protocol of sampled negatives', () => {
  it('ranks the target among its negatives only, and says so', async () => {
    const dataset = tinyDataset(40, 30);
    const { candidates, cutoffs, metrics } = evaluation({ candidates: { type: 'sampled', count: 5 } });
    const task = rankingTask(dataset, 'test', evaluation({ candidates }));
    const popularity = await Popularity.fit({ ...dataset, ends: dataset.validationEnd });
    const { ranks, protocol } = await evaluateRanking(task, rankByScores(popularity), {
      metrics: rankingMetrics(metrics),
      cutoffs,
      batchSize: 7,
    });
    expect(Math.max(...ranks.worst)).toBeLessThanOrEqual(6);
    expect(protocol).toMatchObject({
      candidates: 'sampled',
      numCandidates: 6,
      negatives: { count: 5, distribution: 'uniform', seed: 42 },
    });
  });

  it('measures validation on the same few users for every model', () => {
    const dataset = tinyDataset(40, 30);
    const few = rankingTask(dataset, 'validation', evaluation({ maxValidationUsers: 10, filterSeen: false }));
    expect(few.users).toHaveLength(10);
    expect([...few.users]).toEqual([...few.users].sort((a, b) => a - b));
    expect(
      rankingTask(dataset, 'test', evaluation({ maxValidationUsers: 10, filterSeen: false })).users,
    ).toHaveLength(40);
  });
});
