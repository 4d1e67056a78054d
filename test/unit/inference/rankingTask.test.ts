import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { configSchema } from '../../../src/config/schema';
import { evaluateRanking, protocolOf } from '../../../src/evaluation/evaluateRanking';
import { rankingMetrics } from '../../../src/evaluation/metrics/metrics';
import { rankingTask } from '../../../src/inference/evaluateModel';
import { rankByScores } from '../../../src/inference/rankByScores';
import { constantScoresMessage } from '../../../src/training/resultWarnings';
import { comparisonKey, describeProtocol, protocolBadge } from '../../../src/protocol/evaluation';
import { datasetOf, splitBy } from './tinyDataset';

const NUM_ITEMS = 12;

const SPLITS = [
  { type: 'leaveOneOut' },
  { type: 'lastN', n: 2 },
  { type: 'ratio', validation: 0.2, test: 0.3 },
  { type: 'randomRatio', validation: 0.2, test: 0.3 },
  { type: 'temporal', validation: 0.2, test: 0.3 },
  { type: 'files', validation: 'v', test: 't' },
  { type: 'column', name: 'part' },
].map((split) => configSchema.shape.dataset.shape.split.parse(split));
const CANDIDATES = [
  { type: 'full' },
  { type: 'sampled', count: 4 },
  { type: 'sampled', count: 4, distribution: 'popularity' },
];
const evaluationOf = (evaluation: object) => configSchema.shape.evaluation.parse(evaluation);

/** Users' items in order of time, all at different times. */
const someUsers = fc
  .array(fc.array(fc.integer({ min: 1, max: NUM_ITEMS }), { minLength: 6, maxLength: 14 }), {
    minLength: 4,
    maxLength: 8,
  })
  .chain((users) =>
    fc
      .shuffledSubarray([...users.flat().keys()], { minLength: users.flat().length })
      .map((times) => ({ users, times })),
  )
  .map(({ users, times }) => {
    const dataset = datasetOf(users, NUM_ITEMS);
    const sorted = Float64Array.from(times);
    for (let user = 0; user < users.length; user++)
      sorted.subarray(dataset.offsets[user], dataset.offsets[user + 1]).sort();
    return { ...dataset, times: sorted };
  });

const combinations = SPLITS.flatMap((split) =>
  CANDIDATES.map((candidates) => ({
    name: `${split.type} × ${Object.values(candidates).join(' ')}`,
    split,
    candidates,
  })),
);

describe.each(combinations)('$name', ({ split, candidates }) => {
  test('ranks held-out items, with what came before as the history', () => {
    fc.assert(
      fc.property(
        someUsers,
        fc.constantFrom('validation' as const, 'test' as const),
        fc.boolean(),
        (all, part, filterSeen) => {
          const dataset = splitBy(all, split);
          const { offsets, items, trainEnd, validationEnd, cut } = { ...dataset, ...dataset.split };
          const [from, to] =
            part === 'validation' ? [trainEnd, validationEnd] : [validationEnd, offsets.subarray(1)];
          let task;
          try {
            task = rankingTask(dataset, part, evaluationOf({ candidates, filterSeen }));
          } catch (error) {
            expect(error).toMatchObject({ code: /no-users|all-seen/ });
            return;
          }
          for (const user of task.users) {
            const history = [...task.history(user)];
            expect(history.toSorted()).toEqual([...items.subarray(offsets[user], from[user])].toSorted());
            const times = task.times!(user);
            expect([...times]).toEqual([...times].toSorted((a, b) => a - b));

            const held = [...items.subarray(from[user], to[user])];
            const reachable = held.filter((item) => !filterSeen || !history.includes(item));
            const targets = [...task.targets(user)];
            expect(targets.toSorted()).toEqual([...new Set(reachable)].toSorted());
            // What splits in order of time promise of one user, and the temporal one of all.
            const first = Math.min(...task.targetTimes!(user));
            if (['leaveOneOut', 'lastN', 'ratio', 'temporal'].includes(split.type))
              expect(times.every((time) => time < first)).toBe(true);
            if (cut) expect(first).toBeGreaterThanOrEqual(cut[part]);

            const negatives = task.sampled ? [...task.sampled.of(user)] : [];
            expect(new Set(negatives).size).toBe(negatives.length);
            const excluded = filterSeen ? items.subarray(offsets[user], offsets[user + 1]) : targets;
            expect(negatives.filter((item) => excluded.includes(item))).toEqual([]);
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  test('gives a constant scorer chance', async () => {
    await fc.assert(
      fc.asyncProperty(someUsers, async (all) => {
        const dataset = splitBy(all, split);
        const task = rankingTask(dataset, 'test', evaluationOf({ candidates, filterSeen: false }));
        const ranker = rankByScores({ score: (histories) => new Float32Array(histories.length * NUM_ITEMS) });
        const options = { metrics: rankingMetrics(['recall']), cutoffs: [3], batchSize: 3 };
        const { metrics, protocol, ranks } = await evaluateRanking(task, ranker, options);
        expect(constantScoresMessage(ranks)).not.toBeNull();
        const chances = Array.from(task.users, (user) => {
          const count = task.sampled ? task.sampled.of(user).length + task.targets(user).length : NUM_ITEMS;
          return Math.min(1, 3 / count);
        });
        const mean = chances.reduce((sum, chance) => sum + chance, 0) / chances.length;
        expect(metrics['recall@3']).toBeCloseTo(mean, 10);
        expect(describeProtocol(protocol)).toContain(`test, ${dataset.split.text}, ranked against`);
        expect(protocolBadge(protocol)).toContain(` · ${dataset.split.badge} · `);
      }),
      { numRuns: 10 },
    );
  });
});

test('numbers of splits with other options cannot be compared', () => {
  const all = datasetOf(
    Array.from({ length: 6 }, (_, user) =>
      Array.from({ length: 10 }, (_, place) => 1 + ((user + place) % NUM_ITEMS)),
    ),
    NUM_ITEMS,
  );
  const splits = [...SPLITS.filter(({ type }) => type !== 'temporal'), { type: 'lastN' as const, n: 3 }];
  const keys = splits.map((split) =>
    comparisonKey(
      protocolOf(rankingTask(splitBy(all, split), 'test', evaluationOf({ filterSeen: false })), [1]),
    ),
  );
  expect(new Set(keys).size).toBe(keys.length);
});
