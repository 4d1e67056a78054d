import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { configSchema } from '../../../src/config/schema';
import { measureLabels } from '../../../src/evaluation/measureLabels';
import { metricsOfLabels } from '../../../src/evaluation/metrics/metrics';
import { listsOf, type ShownItems } from '../../../src/evaluation/shownItems';
import { comparisonText } from '../../../src/cli/comparisonText';
import { compareRuns } from '../../../src/inspection/comparison/compareRuns';
import type { EvaluationProtocol } from '../../../src/protocol/evaluation';
import { writeLabeledResults } from '../../../src/runs/labeledFile';
import { createRun, runsDirectoryOf, type RunDirectory } from '../../../src/runs/runDirectory';
import { newRun } from '../runs/newRun';

const USERS = 30;
const ROWS_EACH = 6;
const NAMES = ['auc', 'gauc', 'logLoss', 'prAuc', 'ndcg'];
const task = { proceed: () => Promise.resolve() };

const protocol: EvaluationProtocol = {
  ...{ split: 'temporal', splitName: { badge: '80/10/10 by time', text: 'temporal' }, part: 'test' },
  ...{ candidates: 'shown', numCandidates: USERS * ROWS_EACH, filterSeen: false, ties: 'expectation' },
  ...{ shown: { by: 'user', lists: USERS, leftOut: 0 }, cutoffs: [3], numUsers: USERS, numTargets: 60 },
};

/** Each user takes the first two of six items. */
const shown: ShownItems = {
  users: Uint32Array.from({ length: USERS * ROWS_EACH }, (_, row) => Math.floor(row / ROWS_EACH)),
  items: Uint32Array.from({ length: USERS * ROWS_EACH }, (_, row) => 1 + (row % ROWS_EACH)),
  labels: Uint8Array.from({ length: USERS * ROWS_EACH }, (_, row) => (row % ROWS_EACH < 2 ? 1 : 0)),
  impressions: null,
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'recsight-labels-'));
  await mkdir(runsDirectoryOf(folder), { recursive: true });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A run whose model gives the rows of a user these probabilities. */
async function testedRun(
  scoreOf: (user: number, place: number) => number,
  { rate = 0.5, rows = shown, seed = 7, dropout = 0 } = {},
): Promise<RunDirectory> {
  const config = configSchema.parse({
    seed,
    dataset: { path: 'log.csv' },
    model: { type: 'din', headDropout: dropout },
  });
  const run = await createRun(
    runsDirectoryOf(folder),
    newRun(folder, { config, seed, name: 'din', epochs: 3, mainMetric: 'auc' }),
  );
  const scores = Float64Array.from(rows.users, (user, row) => scoreOf(user, row % ROWS_EACH));
  const rankers = new Map([
    ['model', scores],
    ['clickRate', scores.map(() => rate)],
  ]);
  const by = { metrics: metricsOfLabels(NAMES), cutoffs: [3] };
  const metricsOf = (of: Float64Array) => measureLabels(rows, listsOf(rows), of, by).metrics;
  await writeLabeledResults(run, {
    ...{ protocol, epoch: 1, step: 10, shown: rows, rankers },
    userIds: Array.from({ length: USERS }, (_, user) => `u${user}`),
    itemIds: ['', 'a', 'b', 'c', 'd', 'e', 'f'],
  });
  await run.writeEvaluation('test', { schemaVersion: '2.0', protocol });
  await run.writeManifest({
    ...(await run.readManifest()),
    test: {
      ...{ epoch: 1, step: 10, evaluatedAt: 0, protocol, metrics: metricsOf(scores) },
      baselines: { clickRate: metricsOf(rankers.get('clickRate')!) },
      baselineTitles: { clickRate: 'click rate' },
    },
  });
  return run;
}

const compare = (runs: readonly RunDirectory[], change: object = {}) =>
  compareRuns(
    {
      runs: runs.map((run) => run.path),
      ...{ metrics: null, slices: null, users: 0, seed: 1, baselines: false },
      ...change,
    },
    task,
  );

describe('a comparison by labels', () => {
  it('has intervals, tests and winners, and says of which metrics it has none', async () => {
    // B is right about nearly everybody, A about every third user.
    const a = await testedRun((user, place) => (user % 3 === 0 ? 0.9 - place / 10 : 0.1 + place / 10));
    const b = await testedRun((user, place) => (user % 10 === 0 ? 0.1 + place / 10 : 0.9 - place / 10), {
      dropout: 0.5,
    });
    const comparison = await compare([a, b]);
    expect(comparison.metrics).toEqual(['auc', 'gauc', 'logLoss', 'prAuc', 'ndcg@3']);
    const rows = comparison.calibration!.map((points) => points.reduce((sum, point) => sum + point.rows, 0));
    expect(rows[1]).toBe(rows[0]);
    // Where the probabilities are right, what was predicted most happened most.
    const right = comparison.calibration![1]!;
    expect(right.at(-1)!.observed).toBeGreaterThan(right[0]!.observed);
    const [auc, gauc, logLoss, prAuc] = comparison.differences[0]!;
    expect(gauc!.difference).toBeCloseTo(0.9 - 1 / 3, 10);
    expect(gauc).toMatchObject({ wins: 18, losses: 1, ties: 11, test: 'randomization' });
    expect(auc!.low).toBeGreaterThan(0);
    expect(auc!.p).toBeLessThan(0.01);
    expect(logLoss!.difference).toBeLessThan(0);
    expect(logLoss!.wins).toBe(18);
    expect(prAuc).toMatchObject({ low: null, p: null });
    expect(comparison.withoutIntervals).toEqual({ prAuc: 'not made of what single users add' });
    const [ofA] = comparison.values;
    expect(ofA!.map(({ value }) => value)).toEqual(
      Object.values((await a.readManifest()).test!.metrics).map(
        (value) => expect.closeTo(value, 10) as number,
      ),
    );
    const text = comparisonText(comparison)
      .map((part) => (typeof part === 'string' ? part : part.strong))
      .join('');
    expect(text).toContain('B − A');
    expect(text).toContain('scores of 180 shown items with labels');
  });

  it('has other metrics of ranks, seeds as one group, and baselines of the first run', async () => {
    const scoreOf = (user: number, place: number) => ((user * 7 + place * 3) % 10) / 10;
    const [a, b] = [await testedRun(scoreOf), await testedRun(scoreOf, { seed: 8 })];
    const comparison = await compare([a, b], { metrics: ['hr@1', 'logLoss'], baselines: true });
    expect(comparison.groups.map(({ title }) => title)).toEqual(['din (2 seeds)', 'click rate']);
    // A constant scorer has two of six items in front.
    expect(comparison.values[1]![0]!.value).toBeCloseTo(1 / 3, 10);
  });

  it('refuses other rows, metrics that it cannot compute, and slices', async () => {
    const a = await testedRun(() => 0.5);
    const rows = { ...shown, labels: shown.labels.map((label, row) => (row < 6 ? 1 - label : label)) };
    const b = await testedRun(() => 0.5, { rows });
    await expect(compare([a, b])).rejects.toMatchObject({ code: 'inspection/other-data' });
    await expect(compare([a], { metrics: ['coverage@10'] })).rejects.toThrow(
      'cannot be computed from labels',
    );
    await expect(compare([a], { slices: ['cold'] })).rejects.toMatchObject({ code: 'inspection/no-slice' });
  });
});
