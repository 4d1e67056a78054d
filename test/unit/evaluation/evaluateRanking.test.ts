import { rankingMetrics } from '../../../src/evaluation/metrics/metrics';
import { describeSplit } from '../../../src/splits/splits';
import { describe, expect, it } from 'vitest';
import { evaluateRanking, type Ranker, type RankingTask } from '../../../src/evaluation/evaluateRanking';
import { canBeMeasured, evaluatedFrom } from '../../../src/evaluation/evaluatedFrom';
import type { PerUserResults } from '../../../src/evaluation/perUserResults';
import { rankByScores } from '../../../src/inference/rankByScores';

const NUM_ITEMS = 100;
const task: RankingTask = {
  part: 'test',
  split: describeSplit({ type: 'leaveOneOut' }),
  numItems: NUM_ITEMS,
  users: Uint32Array.of(0, 2, 3),
  filterSeen: true,
  seenTargets: 0,
  history: (user) => Uint32Array.of(user + 1, user + 2),
  numTargets: 3,
  targets: (user) => Uint32Array.of(user + 10),
  catalog: () => ({
    numItems: NUM_ITEMS,
    numUsers: 4,
    interactions: new Uint32Array(NUM_ITEMS + 1).fill(1),
    users: new Uint32Array(NUM_ITEMS + 1).fill(1),
    categories: null,
  }),
};
const options = { metrics: rankingMetrics(['hr', 'ndcg', 'mrr']), cutoffs: [1, 10], batchSize: 2 };

const scorer = (scoreOf: (item: number, history: Uint32Array) => number): Ranker =>
  rankByScores({
    score: (histories) =>
      Float32Array.from(
        histories.flatMap((history) =>
          Array.from({ length: NUM_ITEMS }, (_, column) => scoreOf(column + 1, history)),
        ),
      ),
  });

describe('evaluateRanking', () => {
  it('finds the item of a perfect scorer first', async () => {
    const { metrics, ranks } = await evaluateRanking(
      task,
      scorer((item, history) => (item === history[0]! + 9 ? 1 : 0)),
      options,
    );
    expect([...ranks.worst]).toEqual([1, 1, 1]);
    expect(metrics['ndcg@10']).toBe(1);
  });

  it('gives a constant scorer chance, and tells the bounds', async () => {
    const { metrics, ranks, tieBounds } = await evaluateRanking(
      task,
      scorer(() => 1),
      options,
    );
    // 98 items are left beside the two of the history.
    expect([...ranks.best]).toEqual([1, 1, 1]);
    expect([...ranks.worst]).toEqual([98, 98, 98]);
    expect(metrics['hr@10']).toBeCloseTo(10 / 98, 15);
    expect(metrics['hr@1']).toBeCloseTo(1 / 98, 15);
    expect(metrics['ndcg@1']).toBe(metrics['hr@1']);
    expect(tieBounds?.best['hr@1']).toBe(1);
    expect(tieBounds?.worst['hr@10']).toBe(0);
  });

  it('leaves out the history only when told so', async () => {
    const likesHistory = scorer((item, history) =>
      history.includes(item) ? 2 : item === history[0]! + 9 ? 1 : 0,
    );
    const filtered = await evaluateRanking(task, likesHistory, options);
    const kept = await evaluateRanking({ ...task, filterSeen: false }, likesHistory, options);
    expect([...filtered.ranks.worst]).toEqual([1, 1, 1]);
    expect([...kept.ranks.worst]).toEqual([3, 3, 3]);
    expect(kept.protocol.filterSeen).toBe(false);
  });

  it('takes users of similar history length together, and keeps their order in the ranks', async () => {
    const lengths = [2, 9, 1, 9, 4];
    const together: number[][] = [];
    const ranker: Ranker = {
      rank({ users, histories }) {
        together.push(histories.map((history) => history.length));
        const ranks = users.map((user) => ({ best: user + 1, worst: user + 1 }));
        return { ranks, lists: new Int32Array() };
      },
    };
    const several: RankingTask = {
      ...task,
      users: Uint32Array.of(0, 1, 2, 3, 4),
      history: (user) => new Uint32Array(lengths[user]!).fill(1),
    };
    const { ranks } = await evaluateRanking(several, ranker, options);
    expect(together).toEqual([[9, 9], [4, 2], [1]]);
    expect([...ranks.best]).toEqual([1, 2, 3, 4, 5]);
  });

  it('keeps the lists of users where a metric looks at them, and asks for none else', async () => {
    const lengths: number[] = [];
    const likesTarget = scorer((item, history) => (item === history[0]! + 9 ? 1000 : -item));
    const ranker: Ranker = {
      rank(batch) {
        lengths.push(batch.listLength);
        return likesTarget.rank(batch);
      },
    };
    await evaluateRanking(task, ranker, options);
    expect(lengths).toEqual([0, 0]);
    const metrics = rankingMetrics(['hr', 'coverage', 'serendipity']);
    const result = await evaluateRanking(task, ranker, { metrics, cutoffs: [1, 2], batchSize: 2 });
    expect(lengths.slice(2)).toEqual([2, 2]);
    expect(Object.keys(result.metrics)).toEqual([
      ...['hr@1', 'coverage@1', 'serendipity@1'],
      ...['hr@2', 'coverage@2', 'serendipity@2'],
    ]);
    expect(result.metrics['coverage@1']).toBe(3 / NUM_ITEMS);
    // Users 0, 2 and 3 have items 1 and 2, 3 and 4, 4 and 5 behind them: the best of the rest are 3, 1 and 1.
    expect(result.metrics['coverage@2']).toBe(5 / NUM_ITEMS);
    // All items are equally popular, so that each would have been expected first.
    expect(result.metrics['serendipity@1']).toBe(0);
    expect(result.tieBounds).toBe(null);
  });

  it('is what is computed again from stored results, to the last bit, as far as lists go', async () => {
    const some = scorer((item, history) => Math.round(9 * Math.sin(item * history[0]!)));
    const several: RankingTask = {
      ...task,
      numTargets: 6,
      targets: (user) => Uint32Array.of(user + 10, user + 20),
    };
    const by = { metrics: rankingMetrics(['hr', 'map', 'f1', 'coverage', 'serendipity']), cutoffs: [1, 20] };
    const { metrics, tieBounds } = await evaluateRanking(several, some, { ...by, batchSize: 2 });
    const { protocol, targetOffsets, ranks, lists } = await evaluateRanking(several, some, {
      ...options,
      listLength: 20,
    });
    const results: PerUserResults = {
      ...{ protocol, epoch: 1, step: 2, userIds: ['a', 'b', 'c'], targetOffsets },
      details: {
        users: several.users,
        itemIds: Array.from({ length: NUM_ITEMS + 1 }, (_, item) => `i${item}`),
        historyLengths: Uint32Array.of(2, 2, 2),
        historyTimes: null,
        targets: Uint32Array.from([...several.users].flatMap((user) => [...several.targets(user)])),
        targetPopularity: new Uint32Array(6),
        targetTimes: null,
      },
      rankers: new Map([['model', { ranks, lists }]]),
    };
    expect(canBeMeasured(results, by)).toBe(true);
    const again = evaluatedFrom(results, by, () => several.catalog());
    expect(again).toEqual(new Map([['model', { metrics, tieBounds }]]));
    expect(canBeMeasured(results, { ...by, cutoffs: [21] })).toBe(false);
    expect(canBeMeasured(results, { metrics: rankingMetrics(['hr']), cutoffs: [21] })).toBe(true);
    expect(canBeMeasured({ ...results, details: null }, by)).toBe(false);
  });

  it('gives the same result for every batch size and says its protocol', async () => {
    const some = scorer((item, history) => Math.sin(item * history[0]!));
    const [one, all] = await Promise.all(
      [1, 10].map((batchSize) => evaluateRanking(task, some, { ...options, batchSize })),
    );
    expect(one).toEqual(all);
    expect(one!.protocol).toEqual({
      split: 'leaveOneOut',
      splitName: { badge: 'LOO', text: 'leave-one-out' },
      part: 'test',
      candidates: 'full',
      numCandidates: NUM_ITEMS,
      filterSeen: true,
      seenTargets: 0,
      ties: 'expectation',
      cutoffs: [1, 10],
      numUsers: 3,
      numTargets: 3,
    });
  });
});
