import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { configSchema } from '../../../src/config/schema';
import type { PerUserResults, RankerResults } from '../../../src/evaluation/perUserResults';
import { comparisonCsv } from '../../../src/formats/comparisonCsv';
import { compareRuns } from '../../../src/inspection/comparison/compareRuns';
import type { ComparisonRequest } from '../../../src/protocol/comparison';
import type { EvaluationProtocol } from '../../../src/protocol/evaluation';
import { writePerUserResults } from '../../../src/runs/perUserFile';
import { createRun, runsDirectoryOf, type RunDirectory } from '../../../src/runs/runDirectory';
import type { RefitOf } from '../../../src/protocol/run';
import { newRun } from '../runs/newRun';

const USERS = 12;
const ITEMS = 30;
/** In the order of their numbers. */
const userId = (user: number): string => `u${String(user).padStart(2, '0')}`;
const itemId = (item: number): string => `i${String(item).padStart(2, '0')}`;
const task = { proceed: () => Promise.resolve() };

const protocol: EvaluationProtocol = {
  split: 'leaveOneOut',
  part: 'test',
  candidates: 'full',
  numCandidates: ITEMS,
  filterSeen: true,
  seenTargets: 0,
  ties: 'expectation',
  cutoffs: [10],
  numUsers: USERS,
};

/** A workspace with data: user u has items u, u + 1, … of which the last is held out. */
async function fillWorkspace(folder: string): Promise<void> {
  const rows = Array.from({ length: USERS }, (_, user) =>
    Array.from(
      { length: 3 + (user % 5) },
      (_item, step) =>
        `${userId(user)},${itemId((user + step) % ITEMS)},${1_600_000_000 + step * 3600 * (user + 1)}`,
    ),
  ).flat();
  await writeFile(path.join(folder, 'ratings.csv'), `user_id,item_id,timestamp\n${rows.join('\n')}\n`);
  await writeFile(
    path.join(folder, 'items.csv'),
    `id,title,genre,year\n${Array.from({ length: ITEMS }, (_, item) => `${itemId(item)},Title ${item},${'ab'[item % 2]!},${2000 + item}`).join('\n')}\n`,
  );
}

interface Test {
  /** Place of each user's held-out item. */
  places: number[];
  seed?: number;
  model?: object;
  split?: object;
  results?: Partial<PerUserResults>;
  measured?: Partial<EvaluationProtocol>;
  metrics?: Record<string, number>;
  /** Places of each user's held-out item, by key. */
  baselines?: Record<string, number[]>;
  /** Planned epochs; none of a baseline. */
  epochs?: number;
  training?: object;
  refitOf?: RefitOf;
}

const ranksOf = (best: readonly number[], worst = best): RankerResults => ({
  ranks: { best: Uint32Array.from(best), worst: Uint32Array.from(worst) },
  lists: null,
});

const ndcgOf = (places: readonly number[]): number =>
  places.reduce((sum, place) => sum + (place <= 10 ? 1 / Math.log2(place + 1) : 0), 0) / places.length;

/** A tested run, as a trainer leaves it. */
async function testedRun({
  places,
  seed = 7,
  model = {},
  split = { type: 'leaveOneOut' },
  results = {},
  measured = {},
  metrics = {},
  baselines = {},
  epochs = 3,
  training = {},
  ...named
}: Test): Promise<RunDirectory> {
  const config = configSchema.parse({
    seed,
    dataset: {
      path: path.join(folder, 'ratings.csv'),
      split,
      items: {
        path: path.join(folder, 'items.csv'),
        id: 'id',
        title: 'title',
        features: { genre: 'category', year: 'number' },
      },
    },
    model: { type: 'itemKnn', ...model },
    training,
  });
  await mkdir(runsDirectoryOf(folder), { recursive: true });
  const run = await createRun(
    runsDirectoryOf(folder),
    newRun(folder, { config, seed, name: 'knn', epochs, ...named }),
  );
  const own = { ...protocol, ...measured };
  const userIds = results.userIds ?? Array.from({ length: USERS }, (_, user) => userId(user));
  await writePerUserResults(run, {
    protocol: own,
    epoch: 0,
    step: 0,
    userIds,
    targetOffsets: Uint32Array.from({ length: userIds.length + 1 }, (_, user) => user),
    details: detailsOf(userIds),
    rankers: new Map([
      ['model', { ranks: { best: Uint32Array.from(places), worst: Uint32Array.from(places) }, lists: null }],
    ]),
    ...results,
  });
  await run.writeEvaluation('test', { schemaVersion: '2.0' });
  const metricsOf = (of: readonly number[]) => ({ 'ndcg@10': ndcgOf(of), 'coverage@10': 0.5, ...metrics });
  await run.writeManifest({
    ...(await run.readManifest()),
    model: 'itemKnn',
    test: {
      ...{ epoch: 0, step: 0, evaluatedAt: 0, protocol: own },
      metrics: metricsOf(places),
      baselines: Object.fromEntries(Object.entries(baselines).map(([key, of]) => [key, metricsOf(of)])),
      baselineTitles: { 'itemKnn(shrinkage=5)': 'item-kNN with shrinkage 5', itemKnn: 'item-kNN' },
    },
  });
  return run;
}

/** The prepared data number users and items as they come. */
function detailsOf(userIds: readonly string[]): PerUserResults['details'] {
  const users = Uint32Array.from(userIds, (id) => Number(id.slice(1)));
  return {
    users,
    itemIds: ['', ...Array.from({ length: ITEMS }, (_, item) => itemId(item))],
    historyLengths: users.map((user) => 2 + (user % 5)),
    historyTimes: Float64Array.from(users, (user) => 1_600_000_000 + (1 + (user % 5)) * 3600 * (user + 1)),
    targets: users.map((user) => 1 + ((user + 2 + (user % 5)) % ITEMS)),
    targetPopularity: users.map((user) => user % 3),
    targetTimes: Float64Array.from(users, (user) => 1_600_000_000 + (2 + (user % 5)) * 3600 * (user + 1)),
  };
}

const compare = (runs: readonly RunDirectory[], change: Partial<ComparisonRequest> = {}) =>
  compareRuns(
    {
      runs: runs.map((run) => run.path),
      ...{ baselines: false, metrics: ['ndcg@10'], slices: [], users: 3, seed: 1 },
      ...change,
    },
    task,
  );

const GOOD = [1, 2, 1, 3, 1, 1, 2, 1, 1, 4, 1, 1];
const BAD = [20, 2, 9, 25, 8, 1, 30, 12, 1, 4, 28, 15];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'recsight-compare-'));
  await fillWorkspace(folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('compareRuns', () => {
  it('compares two runs user by user, and says who gained, with titles', async () => {
    const runs = [
      await testedRun({ places: BAD }),
      await testedRun({ places: GOOD, model: { shrinkage: 5 } }),
    ];
    const found = await compare(runs, { metrics: null });
    expect(found.notices).toEqual([]);
    expect(found.groups.map(({ letter, runs: own }) => [letter, own.map(({ id }) => id)])).toEqual([
      ['A', [runs[0]!.id]],
      ['B', [runs[1]!.id]],
    ]);
    expect(found.settings).toEqual([{ path: 'model.shrinkage', values: ['0', '5'] }]);
    const [difference] = found.differences[0]!;
    expect(difference).toMatchObject({ wins: 8, ties: 4, losses: 0, test: 'randomization' });
    expect(difference!.low).toBeGreaterThan(0);
    // All eight must be swapped one way or all the other.
    expect(difference!.p).toBeCloseTo(2 / 2 ** 8, 2);
    // Coverage is not a mean over users.
    expect(found.metrics).toEqual(['ndcg@10', 'coverage@10']);
    expect(found.values[1]![1]).toEqual({ value: 0.5, low: null, high: null, seedDeviation: null });
    expect(found.differences[0]![1]).toMatchObject({ difference: 0, p: null, low: null });
    const [first] = found.changed[0]!.gained;
    // Of those who gain 1, the one whose item moved furthest.
    expect(first).toEqual({
      id: 'u10',
      historyLength: 2,
      values: [0, 1],
      targets: [{ title: 'Title 12', places: [28, 1] }],
      history: ['Title 11', 'Title 10'],
      lists: null,
    });
    expect(found.changed[0]!.lost).toEqual([]);
    expect(found.places.map((places) => [...places])).toEqual([BAD, GOOD]);
  });

  it('compares a run with its baselines, the best first, and counts places', async () => {
    const ties = BAD.map((place) => place + 3);
    const run = await testedRun({
      places: GOOD,
      baselines: { popularity: BAD, 'itemKnn(shrinkage=5)': GOOD.with(0, 2), itemKnn: GOOD },
      results: {
        rankers: new Map([
          ['model', ranksOf(GOOD)],
          ['popularity', { ...ranksOf(BAD, ties), lists: null }],
          ['itemKnn(shrinkage=5)', ranksOf(GOOD.with(0, 2))],
          ['itemKnn', ranksOf(GOOD)],
        ]),
      },
    });
    const found = await compare([run], { baselines: true });
    // Of an item-kNN the same item-kNN is no baseline.
    expect(
      found.groups.map(({ letter, title, isBaseline, runs: [first] }) => [
        letter,
        title,
        isBaseline,
        first!.id,
      ]),
    ).toEqual([
      ['A', 'knn', false, run.id],
      ['B', 'item-kNN with shrinkage 5', true, `${run.id}:itemKnn(shrinkage=5)`],
      ['C', 'popularity', true, `${run.id}:popularity`],
    ]);
    expect(found.differences.map(([difference]) => difference!.losses)).toEqual([1, 12]);
    expect(found.settings).toEqual([]);
    const { limits, counts, tied } = found.histogram;
    expect(limits).toEqual([1, 2, 5, 10, 20, 50]);
    expect(counts[0]).toEqual([8, 2, 2, 0, 0, 0]);
    // Those of places 1 to 4 and 2 to 5, of which each is as likely.
    expect(counts[2]!.slice(0, 2)).toEqual([2 / 4, 3 / 4]);
    expect(counts[2]!.reduce((sum, count) => sum + count)).toBeCloseTo(USERS, 12);
    expect(tied).toEqual([0, 0, USERS]);
    const alone = await compare([run]);
    expect(alone.groups).toHaveLength(1);
  });

  it('gives metrics of lists intervals where they are means over users, and says why others have none', async () => {
    const lists = (shift: number, length = 10) => ({
      length,
      items: Int32Array.from(
        { length: USERS * length },
        (_, place) => 1 + ((Math.floor(place / length) * 3 + shift + place) % 15),
      ),
    });
    const metrics = { 'averagePopularity@10': 1, 'serendipity@10': 0, 'Even hits ↑@10': 0.5 };
    const runOf = (shift: number, length?: number) =>
      testedRun({
        places: GOOD,
        model: { shrinkage: shift },
        metrics,
        results: { rankers: new Map([['model', { ...ranksOf(GOOD), lists: lists(shift, length) }]]) },
      });
    const runs = [await runOf(0), await runOf(5)];
    const found = await compare(runs, { metrics: ['averagePopularity@10', 'coverage@10', 'Even hits ↑@10'] });
    const [popularity, coverage, own] = found.values[1]!;
    expect(popularity!.low).toBeLessThan(popularity!.value!);
    expect(popularity!.high).toBeGreaterThan(popularity!.value!);
    expect(found.differences[0]![0]!.p).not.toBeNull();
    expect([coverage!.low, own!.low]).toEqual([null, null]);
    expect(found.withoutIntervals).toEqual({
      'coverage@10': 'one value for all lists together, not a mean over users',
      'Even hits ↑@10': 'this version of RecSight does not know the metric',
    });
    const shorter = await compare([runs[0]!, await runOf(7, 5)], { metrics: ['averagePopularity@10'] });
    expect(shorter.withoutIntervals['averagePopularity@10']).toMatch(
      /^the stored lists have fewer than 10 places/,
    );
  });

  it('takes runs that differ only in the seed as one group', async () => {
    const runs = [
      await testedRun({ places: GOOD, seed: 1 }),
      await testedRun({ places: BAD, seed: 3, model: { shrinkage: 5 } }),
      await testedRun({ places: GOOD.with(3, 9), seed: 2 }),
    ];
    const found = await compare(runs);
    expect(found.groups.map(({ runs: own }) => own.map(({ seed }) => seed))).toEqual([[1, 2], [3]]);
    expect(found.groups[0]!.title).toBe('knn (2 seeds)');
    expect(found.values[0]![0]!.seedDeviation).toBeGreaterThan(0);
    expect(found.differences[0]![0]).toMatchObject({ test: 't' });
    expect(found.differences[0]![0]!.seedShare).toBeGreaterThan(0);
    // Of one config alone there is nothing to test.
    const alone = await compare([runs[0]!, runs[2]!]);
    expect(alone.groups).toHaveLength(1);
    expect(alone.differences).toEqual([]);
  });

  it('finds the same users by their ids, in whichever order a run has them', async () => {
    const order = Array.from({ length: USERS }, (_, user) => (user * 5) % USERS);
    const first = await testedRun({ places: BAD });
    const second = await testedRun({ places: GOOD, model: { shrinkage: 5 } });
    const other = await testedRun({
      places: order.map((user) => GOOD[user]!),
      model: { shrinkage: 5 },
      results: { userIds: order.map(userId) },
    });
    const { differences, changed } = await compare([first, second]);
    expect(await compare([first, other])).toMatchObject({ differences, changed });
  });

  it('takes means over users, not over held-out items, where a user has several', async () => {
    const users = Array.from({ length: USERS }, (_, user) => userId(user));
    const details = detailsOf(users)!;
    // The last user has two more, tied with each other, in places 9 to 12.
    const several = (best: number[]): Partial<PerUserResults> => ({
      targetOffsets: Uint32Array.from({ length: USERS + 1 }, (_, user) => user + (user === USERS ? 2 : 0)),
      details: {
        ...details,
        targets: Uint32Array.of(...details.targets, 1, 2),
        targetPopularity: Uint32Array.of(...details.targetPopularity, 0, 0),
        targetTimes: Float64Array.of(...details.targetTimes!, NaN, NaN),
      },
      rankers: new Map([
        [
          'model',
          {
            ranks: { best: Uint32Array.of(...best, 9, 9), worst: Uint32Array.of(...best, 12, 12) },
            lists: null,
          },
        ],
      ]),
    });
    const runs = [
      await testedRun({ places: BAD, results: several(BAD) }),
      await testedRun({ places: GOOD, model: { shrinkage: 5 }, results: several(GOOD) }),
    ];
    const found = await compare(runs, { metrics: ['recall@10'], slices: ['historyLength', 'cold'] });
    expect(found.values.map(([of]) => of!.value)).toEqual([
      expect.closeTo((6 + (0 + 2 * 0.5) / 3) / USERS, 12),
      expect.closeTo((11 + (1 + 2 * 0.5) / 3) / USERS, 12),
    ]);
    expect(found.differences[0]![0]).toMatchObject({ wins: 6, ties: 6, losses: 0 });
    const [lengths, cold] = found.slicings.map(({ slices }) => slices.map((slice) => slice.numTargets));
    expect([lengths, cold]).toEqual([
      [8 + 2, 4],
      [4 + 2, 8],
    ]);
    // The last user is in both, with the held-out items of each.
    expect(found.slicings[1]!.slices.map(({ numUsers }) => numUsers)).toEqual([5, 8]);
  });

  it('shows histories newest first where the split is not ordered in time', async () => {
    const split = { type: 'randomRatio', validation: 0.3, test: 0.3 };
    const runs = [
      await testedRun({ places: BAD, split }),
      await testedRun({ places: GOOD, model: { shrinkage: 5 }, split }),
    ];
    const { changed } = await compare(runs, { users: USERS });
    // Users go through the items in the order of their numbers.
    const shown = changed[0]!.gained.map(({ history }) =>
      history.map((title) => Number(title.split(' ')[1])),
    );
    expect(shown).toHaveLength(8);
    expect(shown).toEqual(shown.map((items) => items.toSorted((a, b) => b - a)));
  });

  it('slices by what the results and the data say', async () => {
    const runs = [
      await testedRun({ places: BAD }),
      await testedRun({ places: GOOD, model: { shrinkage: 5 } }),
    ];
    const names = ['historyLength', 'popularity', 'cold', 'recency', 'item.genre', 'item.year'];
    const found = await compare(runs, { slices: names });
    expect(found.sliceable.map(({ name }) => name)).toEqual(names);
    const labels = found.slicings.map(({ slices }) =>
      slices.map(({ label, numUsers }) => `${label}: ${numUsers}`),
    );
    expect(labels[0]).toEqual(['1 to 4 items: 8', '5 to 9 items: 4']);
    expect(labels[2]).toEqual(['none (cold): 4', '1 to 9: 8']);
    expect(labels[3]).toEqual(['up to 1 hour: 1', 'up to 1 day: 11']);
    expect(labels[4]).toEqual(['a: 7', 'b: 5']);
    for (const { slices } of found.slicings) {
      // Corrected within the table: the smallest p by the number of slices.
      const tests = slices.map(({ differences }) => differences[0]!).sort((a, b) => a.p! - b.p!);
      expect(tests[0]!.correctedP).toBeCloseTo(Math.min(1, tests.length * tests[0]!.p!), 12);
    }
    for (const { slices } of found.slicings)
      expect(slices.reduce((sum, { numUsers }) => sum + numUsers, 0)).toBe(USERS);
    expect(labels[5]!.length).toBeGreaterThan(2);
    await expect(compare(runs, { slices: ['item.color'] })).rejects.toThrow(/`item.color`.*`item.year`/);
  });

  it('computes metrics of ranks at any cut-off, and refuses others by name', async () => {
    const runs = [
      await testedRun({ places: BAD }),
      await testedRun({ places: GOOD, model: { shrinkage: 5 } }),
    ];
    const found = await compare(runs, { metrics: ['recall@25'] });
    expect(found.values[0]![0]!.value).toBeCloseTo(10 / 12, 12);
    await expect(compare(runs, { metrics: ['novelty@10'] })).rejects.toThrow(
      /`novelty@10` was not measured by all runs.*`ndcg@10`/,
    );
  });

  it('refuses runs of different protocols or data, and says what differs', async () => {
    const first = await testedRun({ places: GOOD });
    const refused = async (test: Omit<Test, 'places'>, places = GOOD): Promise<string> => {
      const other = await testedRun({ places, model: { shrinkage: 5 }, ...test });
      return compare([first, other]).then(
        () => '',
        (error: unknown) => String(error),
      );
    };
    expect(await refused({ measured: { filterSeen: false, split: 'temporal' } })).toMatch(
      /different protocols.*the split is leave-one-out in A .* and temporal in B .*; items of the history are left out in A .* and kept in B.*keeps its split: train/,
    );
    const sampled = { count: 100, distribution: 'uniform', seed: 3 } as const;
    expect(await refused({ measured: { candidates: 'sampled', negatives: sampled } })).toMatch(
      /the candidates are all items in A .* and 100 uniform negatives with seed 3 in B.*recsight evaluate <run>/,
    );
    const users = Array.from({ length: USERS }, (_, user) => userId(user));
    expect(await refused({ results: { userIds: users.with(2, 'x02'), details: null } })).toMatch(
      /different data.*1 of 12 users are not the same, such as `u02`/,
    );
    const details = detailsOf(users)!;
    const items = { ...details, itemIds: details.itemIds.with(4, 'other') };
    expect(await refused({ results: { details: items } })).toMatch(
      /1 of 30 items are not the same, such as `i03`/,
    );
    const targets = { ...details, targets: details.targets.with(1, 9) };
    expect(await refused({ results: { details: targets } })).toMatch(
      /user `u01` has the held-out item `i04` in one and item `i08` in the other/,
    );
    const fewer = { userIds: users.slice(1), details: null };
    expect(await refused({ results: fewer }, GOOD.slice(1))).toMatch(/one has 12 users and the other 11/);
  });

  it('compares refits with refits and baselines alone, and those of several seeds as one', async () => {
    const places = Array.from({ length: USERS }, (_, user) => 1 + user);
    const refit = (seed: number, chosen: number) =>
      testedRun({
        ...{ places, seed, measured: { refit: true } },
        refitOf: { run: 'a', epochs: chosen },
        training: { epochs: chosen, earlyStopping: { patience: null }, refit: { plannedEpochs: 50 } },
      });
    const baseline = await testedRun({ places, model: { shrinkage: 9 }, epochs: 0 });
    const runs = [await refit(1, 4), await refit(2, 7), baseline];
    const { groups, protocol: shared } = await compare(runs);
    expect(groups.map((group) => group.runs.length)).toEqual([2, 1]);
    expect(shared.refit).toBe(true);
    expect((await compare([baseline, runs[0]!])).protocol.refit).toBe(true);

    const other = await testedRun({ places, model: { shrinkage: 9 } });
    await expect(compare([runs[0]!, other])).rejects.toMatchObject({
      code: 'inspection/other-protocol',
      message: expect.stringMatching(
        /the model is refitted on training and validation in A .* and trained on training alone in B .*recsight refit <run>/,
      ) as string,
    });
    await expect(compare([baseline, other])).resolves.toBeDefined();
  });

  it('compares users with several held-out items, and slices by each of them', async () => {
    const users = Array.from({ length: USERS }, (_, user) => userId(user));
    const details = detailsOf(users)!;
    const targetOffsets = Uint32Array.from({ length: USERS + 1 }, (_, user) => (user === 0 ? 0 : user + 1));
    const twice = <Values extends Uint32Array | Float64Array>(values: Values, second: number): Values => {
      values.set(values.subarray(0, -1), 1);
      values[1] = second;
      return values;
    };
    const longer = (values: Uint32Array): Uint32Array => twice(Uint32Array.from([...values, 0]), 20);
    const several: PerUserResults['details'] = {
      ...details,
      targets: longer(details.targets),
      targetPopularity: longer(details.targetPopularity),
      targetTimes: Float64Array.from({ length: USERS + 1 }, () => 1_700_000_000),
    };
    const runs = await Promise.all(
      [BAD, GOOD].map((places, shrinkage) => {
        const ranks = Uint32Array.from([places[0]!, 5, ...places.slice(1)]);
        const rankers = new Map([['model', { ranks: { best: ranks, worst: ranks }, lists: null }]]);
        return testedRun({
          places,
          model: { shrinkage },
          results: { targetOffsets, details: several, rankers },
        });
      }),
    );
    const found = await compare(runs, { metrics: ['recall@10'], slices: ['cold'] });
    // The first user finds one of two, and then both.
    expect(found.values.map(([value]) => value!.value)).toEqual(
      [(0.5 + 6) / 12, 1].map((value) => expect.closeTo(value, 12) as number),
    );
    expect(found.slicings[0]!.slices.map(({ numUsers, numTargets }) => [numUsers, numTargets])).toEqual([
      [4, 4],
      [8, 8],
      [1, 1],
    ]);
  });

  it('says which command makes results that a run lacks', async () => {
    const config = configSchema.parse({ dataset: { path: 'x.csv' }, model: { type: 'itemKnn' } });
    const run = await createRun(runsDirectoryOf(folder), newRun(folder, { config }));
    await expect(compare([run, await testedRun({ places: GOOD })])).rejects.toThrow(
      `Run ${run.id} has no stored test results of its users. \`recsight evaluate ${run.id}\` makes them.`,
    );
  });

  it('reads what earlier versions stored, with what the data say of the users', async () => {
    const runs = await Promise.all(
      [BAD, GOOD].map(async (places, shrinkage) => {
        const run = await testedRun({ places, model: { shrinkage } });
        await run.writeEvaluation('test', {
          schemaVersion: '1.0',
          ...{ epoch: 0, step: 0, protocol, baselines: {} },
          userIds: Array.from({ length: USERS }, (_, user) => userId(user)),
          model: { bestRanks: places, worstRanks: places },
        });
        return run;
      }),
    );
    const { changed, sliceable } = await compare(runs);
    expect(changed[0]!.gained[0]).toMatchObject({ id: 'u10', targets: [{ title: 'Title 12' }] });
    expect(sliceable.map(({ name }) => name)).toContain('recency');
  });

  it('does without the data, and says so', async () => {
    const runs = [
      await testedRun({ places: BAD }),
      await testedRun({ places: GOOD, model: { shrinkage: 5 } }),
    ];
    await rename(path.join(folder, 'ratings.csv'), path.join(folder, 'elsewhere.csv'));
    const { notices, changed, sliceable } = await compare(runs).finally(() =>
      rename(path.join(folder, 'elsewhere.csv'), path.join(folder, 'ratings.csv')),
    );
    expect(notices).toEqual([expect.stringMatching(/^The data of the runs are not at hand: /)]);
    expect(changed[0]!.gained[0]).toMatchObject({ history: [], targets: [{ title: 'i12' }] });
    expect(sliceable.map(({ name }) => name)).toEqual(['historyLength', 'cold', 'recency']);
  });
});

describe('comparisonCsv', () => {
  it('has a row for each metric and group, then for each slice', async () => {
    const runs = [
      await testedRun({ places: BAD }),
      await testedRun({ places: GOOD, model: { shrinkage: 5 } }),
    ];
    const found = await compare(runs, { metrics: ['hr@10', 'coverage@10'], slices: ['cold'] });
    const rows = comparisonCsv(found)
      .trimEnd()
      .split('\n')
      .map((line) => line.split(','));
    expect(rows).toHaveLength(1 + 2 * 2 + 2 * 2);
    const [head, a, b] = rows;
    const of = (row: readonly string[], name: string): string => row[head!.indexOf(name)]!;
    for (const row of rows) expect(row).toHaveLength(head!.length);
    expect(of(a!, 'runs')).toBe(runs[0]!.id);
    expect(of(a!, 'difference')).toBe('');
    expect(Number(of(b!, 'difference'))).toBeCloseTo(6 / 12, 12);
    expect(of(b!, 'wins')).toBe('6');
    expect(of(rows[4]!, 'p')).toBe('');
    expect(rows.at(-1)!.slice(0, 4)).toEqual(['cold', '1 to 9', '8', '8']);
  });
});
