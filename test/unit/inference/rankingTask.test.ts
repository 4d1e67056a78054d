import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { configSchema } from '../../../src/config/schema';
import { evaluateRanking, protocolOf, type RankingTask } from '../../../src/evaluation/evaluateRanking';
import type { RankMetric } from '../../../src/evaluation/metrics/metric';
import { RANKING_METRICS } from '../../../src/evaluation/metrics/metrics';
import type { PreparedDataset } from '../../../src/dataset/preparedDataset';
import { hashOfLists } from '../../../src/dataset/readCandidates';
import { rankingTask } from '../../../src/inference/evaluateModel';
import { rankByScores } from '../../../src/inference/rankByScores';
import { comparisonKey, describeProtocol, protocolBadge } from '../../../src/protocol/evaluation';
import { protocolDifferences } from '../../../src/protocol/protocolDifferences';
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
  { type: 'file', path: 'lists.csv' },
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

/** The dataset with lists of different lengths, some of which have targets, or items of the history; the first user has none. */
function withLists(dataset: PreparedDataset): PreparedDataset {
  const lists = Array.from({ length: dataset.numUsers }, (_, user) =>
    Array.from({ length: NUM_ITEMS }, (_item, place) => place + 1).filter(
      (item) => user > 0 && (5 * item + 3 * user) % (2 + (user % 3)) !== 1,
    ),
  );
  const offsets = Uint32Array.of(0, ...lists.map((_, user) => lists.slice(0, user + 1).flat().length));
  const items = Uint32Array.from(lists.flat());
  const hash = hashOfLists({ offsets, items }, dataset);
  return { ...dataset, candidates: { file: 'lists.csv', hash, offsets, items } };
}

const listOf = ({ candidates }: PreparedDataset, user: number): Uint32Array =>
  candidates!.items.subarray(candidates!.offsets[user], candidates!.offsets[user + 1]);

const RANK_METRICS = RANKING_METRICS.filter(({ needs }) => needs === 'rank') as RankMetric[];

/** The mean of a metric over all places that so many relevant items may have among so many candidates. */
function chanceOf(metric: RankMetric, numRelevant: number, numCandidates: number, k: number): number {
  const key = [metric.name, numRelevant, numCandidates, k].join();
  const known = chances.get(key);
  if (known !== undefined) return known;
  let [sum, count] = [0, 0];
  const visit = (places: number[], from: number): void => {
    if (places.length === numRelevant) {
      const found = metric.gains?.looksBeyond ? places : places.filter((place) => place <= k);
      sum += found.length === 0 ? 0 : metric.of({ places: found, numRelevant }, k);
      count++;
    }
    for (let place = from; places.length < numRelevant && place <= numCandidates; place++)
      visit([...places, place], place + 1);
  };
  visit([], 1);
  chances.set(key, sum / count);
  return sum / count;
}
const chances = new Map<string, number>();

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
          const dataset = withLists(splitBy(all, split));
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

            if (task.listed) {
              const listed = [...listOf(dataset, user)].filter(
                (item) => !targets.includes(item) && (!filterSeen || !history.includes(item)),
              );
              expect(user).toBeGreaterThan(0);
              expect([...task.listed.of(user)]).toEqual(listed);
            }
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

  test('gives a constant scorer chance by each metric of ranks', async () => {
    await fc.assert(
      fc.asyncProperty(someUsers, fc.boolean(), async (all, filterSeen) => {
        const dataset = withLists(splitBy(all, split));
        let task: RankingTask;
        try {
          task = rankingTask(dataset, 'test', evaluationOf({ candidates, filterSeen }));
        } catch (error) {
          expect(error).toMatchObject({ code: /no-users|all-seen/ });
          return;
        }
        const ranker = rankByScores({ score: (histories) => new Float32Array(histories.length * NUM_ITEMS) });
        const cutoffs = [1, 3, 20];
        const options = { metrics: RANK_METRICS, cutoffs, batchSize: 3 };
        const { metrics, protocol, ranks } = await evaluateRanking(task, ranker, options);
        expect(ranks.best.every((place) => place === 1)).toBe(true);
        const others = task.sampled ?? task.listed;
        for (const metric of RANK_METRICS) {
          for (const k of cutoffs) {
            const chance = Array.from(task.users, (user) => {
              const numTargets = task.targets(user).length;
              const numCandidates = others
                ? numTargets + others.of(user).length
                : NUM_ITEMS - (filterSeen ? new Set(task.history(user)).size : 0);
              return chanceOf(metric, numTargets, numCandidates, k);
            });
            const mean = chance.reduce((sum, value) => sum + value, 0) / chance.length;
            expect(metrics[`${metric.name}@${k}`], `${metric.name}@${k}`).toBeCloseTo(mean, 10);
          }
        }
        expect(describeProtocol(protocol)).toContain(`test, ${dataset.split.text}, ranked `);
        expect(protocolBadge(protocol)).toContain(` · ${dataset.split.badge} · `);
      }),
      { numRuns: 10 },
    );
  });
});

describe('lists of a file', () => {
  const candidates = { type: 'file', path: 'lists.csv' };

  test('rank users among what they list, the targets and nothing else, twice the same', async () => {
    await fc.assert(
      fc.asyncProperty(someUsers, fc.boolean(), async (users, filterSeen) => {
        const dataset = withLists(users);
        const counts = new Float32Array(NUM_ITEMS);
        for (const item of dataset.items) counts[item - 1]!++;
        let task: RankingTask;
        try {
          task = rankingTask(dataset, 'test', evaluationOf({ candidates, filterSeen }));
        } catch (error) {
          expect(error).toMatchObject({ code: 'evaluation/all-seen' });
          return;
        }
        const ranker = rankByScores({
          score: (histories) =>
            Float32Array.from(
              { length: histories.length * NUM_ITEMS },
              (_, place) => counts[place % NUM_ITEMS]!,
            ),
        });
        const options = { metrics: RANK_METRICS, cutoffs: [3], batchSize: 2 };
        const result = await evaluateRanking(task, ranker, options);
        expect(await evaluateRanking(task, ranker, options)).toEqual(result);

        const expected = [...task.users].flatMap((user) => {
          const targets = [...task.targets(user)];
          const among = new Set(
            [...listOf(dataset, user)].filter((item) => !filterSeen || !task.history(user).includes(item)),
          );
          for (const target of targets) among.add(target);
          return targets.map((target) => {
            const [own, others] = [counts[target - 1]!, [...among].map((item) => counts[item - 1]!)];
            const best = 1 + others.filter((count) => count > own).length;
            return { best, worst: best - 1 + others.filter((count) => count === own).length };
          });
        });
        expect(
          Array.from(result.ranks.best, (best, target) => ({ best, worst: result.ranks.worst[target] })),
        ).toEqual(expected);
        const sizes = Array.from(
          task.users,
          (user) => new Set([...listOf(dataset, user), ...task.targets(user)]).size,
        );
        expect(result.protocol.numCandidates).toBe(Math.max(...sizes));
        expect(result.lists).toBeNull();
        expect(task.listed!.unlistedUsers).toBe(1);
      }),
      { numRuns: 30 },
    );
  });

  test('are told by the protocol, and other lists are another one', () => {
    const users = Array.from({ length: 4 }, (_, user) => [1, 2, 3, 4 + user, 8 + user]);
    const dataset = withLists(datasetOf(users, NUM_ITEMS));
    const protocol = protocolOf(
      rankingTask(dataset, 'test', evaluationOf({ candidates, filterSeen: true })),
      [1],
    );
    const { hash, ...lists } = dataset.candidates!;
    expect(describeProtocol(protocol)).toContain(
      `ranked with the lists of \`lists.csv\`, of up to ${protocol.numCandidates} items (1 user without a list not counted), items of the history left out`,
    );
    expect(protocolBadge(protocol)).toBe('lists of lists.csv · LOO · seen filtered');
    const other = {
      ...protocol,
      lists: {
        ...protocol.lists!,
        hash: hashOfLists({ ...lists, items: lists.items.map((item) => 1 + (item % NUM_ITEMS)) }, dataset),
      },
    };
    expect(protocol.lists!.hash).toBe(hash);
    expect(comparisonKey(other)).not.toBe(comparisonKey(protocol));
    expect(protocolDifferences(protocol, other, ['A', 'B'])).toEqual([
      `the candidates are those of \`lists.csv\` (${hash.slice(0, 12)}) in A and those of \`lists.csv\` (${other.lists.hash.slice(0, 12)}) in B`,
    ]);
    // By another name they are the same ones.
    expect(comparisonKey({ ...protocol, lists: { ...protocol.lists!, file: 'other.csv' } })).toBe(
      comparisonKey(protocol),
    );
  });

  test('of nobody who is measured are refused', () => {
    const dataset = withLists(
      datasetOf(
        [
          [1, 2, 3, 4],
          [1, 2],
        ],
        NUM_ITEMS,
      ),
    );
    expect(() => rankingTask(dataset, 'test', evaluationOf({ candidates }))).toThrow(
      'None of the 1 user with items held out for test has a list in `lists.csv`.',
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
