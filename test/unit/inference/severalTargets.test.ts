import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { configSchema, type EvaluationConfig, type TrainedConfig } from '../../../src/config/schema';
import type { PreparedDataset } from '../../../src/dataset/preparedDataset';
import {
  evaluateRanking,
  protocolOf,
  type Ranker,
  type RankingResult,
} from '../../../src/evaluation/evaluateRanking';
import { rankingMetrics } from '../../../src/evaluation/metrics/metrics';
import { evaluateModel, rankingTask } from '../../../src/inference/evaluateModel';
import { modelDataOf } from '../../../src/inference/modelData';
import { rankByScores } from '../../../src/inference/rankByScores';
import { createModel } from '../../../src/model/createModel';
import { useBackend } from '../compute/useBackend';
import { datasetOf } from './tinyDataset';

const NUM_ITEMS = 14;

/** Users of whom the last items are held out, as many as wanted, repeats and seen ones among them. */
function severalHeldOut(users: number[][], heldOut: number): PreparedDataset {
  const dataset = datasetOf(users, NUM_ITEMS);
  const ends = Uint32Array.from(
    users,
    (items, user) => dataset.offsets[user]! + Math.max(1, items.length - heldOut),
  );
  return { ...dataset, trainEnd: ends, validationEnd: ends };
}

const sequences = fc.array(
  fc.array(fc.integer({ min: 1, max: NUM_ITEMS }), { minLength: 2, maxLength: 12 }),
  { minLength: 1, maxLength: 6 },
);
const candidates = fc.constantFrom<object>(
  { type: 'full' },
  { type: 'sampled', count: 5 },
  { type: 'sampled', count: 5, distribution: 'popularity' },
  { type: 'sampled', count: 100 },
);

const evaluationOf = (settings: object): EvaluationConfig =>
  configSchema.parse({ dataset: { path: 'a.csv' }, model: { type: 'popularity' }, evaluation: settings })
    .evaluation;

const options = {
  metrics: rankingMetrics(['hr', 'recall', 'precision', 'ndcg', 'mrr', 'map']),
  cutoffs: [1, 3, 10],
  batchSize: 2,
};

const constant: Ranker = rankByScores({
  score: (histories) => new Float32Array(histories.length * NUM_ITEMS).fill(0.5),
});

describe('users with several held-out items', () => {
  it('have each as a target once, but for those that were seen where these are filtered', () => {
    fc.assert(
      fc.property(sequences, fc.integer({ min: 1, max: 6 }), fc.boolean(), (users, heldOut, filterSeen) => {
        const dataset = severalHeldOut(users, heldOut);
        const expected = users.map((items, user) => {
          const start = dataset.trainEnd[user]! - dataset.offsets[user]!;
          const held = [...new Set(items.slice(start))];
          const seen = held.filter((item) => items.slice(0, start).includes(item));
          return { targets: filterSeen ? held.filter((item) => !seen.includes(item)) : held, seen };
        });
        const numSeen = expected.flatMap(({ seen }) => seen).length;
        if (expected.every(({ targets }) => targets.length === 0)) {
          expect(() => rankingTask(dataset, 'test', evaluationOf({ filterSeen }))).toThrow(
            `(${numSeen} of ${numSeen})`,
          );
          return;
        }
        const task = rankingTask(dataset, 'test', evaluationOf({ filterSeen }));
        expect([...task.users]).toEqual(
          [...expected.keys()].filter((user) => expected[user]!.targets.length > 0),
        );
        for (const user of task.users) expect([...task.targets(user)]).toEqual(expected[user]!.targets);
        expect(task.seenTargets).toBe(numSeen);
        expect(task.numTargets).toBe(expected.flatMap(({ targets }) => targets).length);
      }),
    );
  });

  it('are ranked against distinct negatives that follow the seen filter and are no targets', () => {
    fc.assert(
      fc.property(
        sequences,
        fc.integer({ min: 1, max: 6 }),
        fc.boolean(),
        candidates,
        (users, heldOut, filterSeen, kind) => {
          const task = taskOf(users, heldOut, { filterSeen, candidates: kind });
          if (task?.sampled === undefined) return;
          const { sampled } = task;
          const numbers = Array.from(task.users, (user) => {
            const negatives = [...sampled.of(user)];
            const excluded = new Set(filterSeen ? users[user] : task.targets(user));
            expect(new Set(negatives).size).toBe(negatives.length);
            expect(negatives.some((item) => excluded.has(item))).toBe(false);
            expect(negatives).toHaveLength(Math.min(sampled.count, NUM_ITEMS - excluded.size));
            expect([...sampled.of(user)]).toEqual(negatives);
            return negatives.length;
          });
          const fewer = numbers.filter((number) => number < sampled.count);
          expect(protocolOf(task, [10]).negatives!.fewer).toEqual(
            fewer.length === 0 ? undefined : { users: fewer.length, fewest: Math.min(...fewer) },
          );
        },
      ),
    );
  });

  it('get chance from a constant scorer, exactly, under every kind of candidates', async () => {
    await fc.assert(
      fc.asyncProperty(
        sequences,
        fc.integer({ min: 1, max: 6 }),
        fc.boolean(),
        candidates,
        async (users, heldOut, filterSeen, kind) => {
          const task = taskOf(users, heldOut, { filterSeen, candidates: kind });
          if (task === null) return;
          const { metrics } = await evaluateRanking(task, constant, options);
          for (const k of options.cutoffs) {
            let [recall, hit] = [0, 0];
            for (const user of task.users) {
              const numTargets = task.targets(user).length;
              const numCandidates = task.sampled
                ? numTargets + task.sampled.of(user).length
                : NUM_ITEMS - (filterSeen ? new Set(task.history(user)).size : 0);
              const listed = Math.min(k, numCandidates);
              let missed = 1;
              for (let place = 0; place < listed; place++)
                missed *= Math.max(0, numCandidates - numTargets - place) / (numCandidates - place);
              recall += listed / numCandidates / task.users.length;
              hit += (1 - missed) / task.users.length;
            }
            expect(metrics[`recall@${k}`]).toBeCloseTo(recall, 12);
            expect(metrics[`hr@${k}`]).toBeCloseTo(hit, 12);
          }
        },
      ),
    );
  });

  describe.each(['sasrec', 'din'])('by %s', (type) => {
    useBackend('native');

    it.each<object>([{ type: 'full' }, { type: 'sampled', count: 5 }, { type: 'file', path: 'lists.csv' }])(
      'have the ranks and lists that all scores make, twice the same: %o',
      async (kind) => {
        const users = Array.from({ length: 9 }, (_, user) =>
          Array.from({ length: 8 }, (_item, place) => 1 + ((3 * user + 5 * place) % NUM_ITEMS)),
        );
        // User u has the first u + 1 items in a list.
        const offsets = Uint32Array.from({ length: 10 }, (_, user) => (user * (user + 1)) / 2);
        const items = Uint32Array.from(
          users.flatMap((_, user) => [...Array(user + 1).keys()].map((item) => item + 1)),
        );
        const candidates = { file: 'lists.csv', hash: 'a', offsets, items };
        const dataset = { ...severalHeldOut(users, 3), candidates };
        const { model: described, evaluation } = configSchema.parse({
          dataset: { path: 'a.csv' },
          model: { type },
          evaluation: { candidates: kind, metrics: options.metrics.map(({ name }) => name), cutoffs: [10] },
        }) as TrainedConfig;
        const model = await createModel(described, modelDataOf(dataset), 5);
        const evaluate = (candidatesOf: object): Promise<RankingResult> =>
          evaluateModel(model, dataset, 'test', { ...evaluation, ...candidatesOf });
        const result = await evaluate({});
        expect(await evaluate({})).toEqual(result);
        expect([...result.targetOffsets]).toEqual(users.map((_, user) => 3 * user).concat(27));

        // The list of a full ranking of everything has each item at its place.
        const task = rankingTask(dataset, 'test', evaluation);
        const { lists } = await evaluate({ candidates: { type: 'full' } });
        const ranks = [...task.users].flatMap((user, row) => {
          const list = [...lists!.items.subarray(row * lists!.length, (row + 1) * lists!.length)];
          const negatives = (task.sampled ?? task.listed)?.of(user);
          const others = negatives && new Set([...negatives, ...task.targets(user)]);
          const ordered = others === undefined ? list : list.filter((item) => others.has(item));
          return Array.from(task.targets(user), (target) => ordered.indexOf(target) + 1);
        });
        expect([...result.ranks.best]).toEqual(ranks);
        expect([...result.ranks.worst]).toEqual(ranks);
        model.dispose();
      },
    );
  });
});

/** Null where all that is held out was seen. */
function taskOf(users: number[][], heldOut: number, settings: object) {
  try {
    return rankingTask(severalHeldOut(users, heldOut), 'test', evaluationOf(settings));
  } catch (error) {
    expect(error).toMatchObject({ code: 'evaluation/all-seen' });
    return null;
  }
}
