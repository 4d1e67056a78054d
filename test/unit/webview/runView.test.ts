import { expect, test } from 'vitest';
import { progressShare, testTable, testVerdict, trouble } from '../../../webview/live/runView';
import { exampleBaseline, exampleRun, exampleTest } from '../../webview/exampleRun';

test('progress counts steps once their number is known, else epochs', () => {
  const { manifest } = exampleRun('running', 5);
  expect(progressShare({ ...manifest, progress: { ...manifest.progress, step: 330 } })).toBeCloseTo(
    330 / 1200,
    12,
  );
  expect(progressShare({ ...manifest, progress: { ...manifest.progress, stepsPerEpoch: 0 } })).toBe(0.25);
  expect(progressShare({ ...manifest, progress: { ...manifest.progress, step: 9999 } })).toBe(1);
});

test('trouble is named only where there is some', () => {
  expect(trouble(exampleRun('running', 2))).toBeNull();
  expect(trouble(exampleRun('stopped', 2))).toBeNull();
  expect(trouble(exampleRun('lost', 2))?.advice).toContain('after epoch 2');
  const error = { code: 'dataset/missing-column', message: 'ratings.csv has no column user_id' };
  expect(trouble(exampleRun('failed', 0, { error }))?.message).toBe(error.message);
});

test('the test table compares with the best baseline of each metric', () => {
  const table = testTable(exampleRun('finished', 20, { test: exampleTest() }).manifest)!;
  expect(table.columns.map(({ name }) => name)).toEqual([
    'sasrec-movietweetings',
    'popularity',
    'item-kNN',
    'Markov',
  ]);
  expect(table.rows[0]).toMatchObject({ metric: 'ndcg@10', best: 0.1213 });
  expect(table.rows[0]!.delta).toBeCloseTo(0.1213 - 0.108, 12);
  expect(testVerdict(table)).toEqual({
    good: true,
    text: 'At least as good as every baseline on every metric.',
  });
});

test('the verdict names the baselines that are better, and where', () => {
  const verdict = (share: number) =>
    testVerdict(testTable(exampleRun('finished', 20, { test: exampleTest(share) }).manifest)!);
  expect(verdict(0.8)).toEqual({ good: false, text: 'Below Markov on every metric.' });
  expect(verdict(0.7).text).toBe('Below item-kNN and Markov on every metric.');
  expect(verdict(0.2).text).toBe('Below popularity, item-kNN, and Markov on every metric.');
  const test = exampleTest();
  test.baselines.markov!['hr@10'] = 0.9;
  const manifest = exampleRun('finished', 20, { test }).manifest;
  expect(testVerdict(testTable(manifest)!).text).toBe('Below Markov on HR@10.');
});

test('a baseline is not compared with itself, unless it has options of its own', () => {
  const { manifest } = exampleBaseline();
  const names = (run: typeof manifest) => testTable(run)!.columns.map(({ name }) => name);
  expect(names(manifest)).toEqual(['markov', 'popularity', 'item-kNN']);
  expect(names({ ...manifest, model: 'itemKnn' })).toEqual(['markov', 'popularity', 'item-kNN', 'Markov']);
});

test('baselines of one type are told apart, and one with the options of the run is left out', () => {
  const test = exampleTest();
  const key = 'itemKnn(shrinkage=50)';
  test.baselines[key] = { ...test.metrics };
  test.baselineTitles = {
    popularity: 'popularity',
    itemKnn: 'item-kNN',
    [key]: 'item-kNN (shrinkage 50)',
    markov: 'Markov',
  };
  const { manifest } = exampleRun('finished', 20, { test });
  const names = (run: typeof manifest) => testTable(run)!.columns.map(({ name }) => name);
  expect(names(manifest).slice(1)).toEqual(['popularity', 'item-kNN', 'Markov', 'item-kNN (shrinkage 50)']);
  expect(names({ ...manifest, model: 'itemKnn' }).slice(1)).toEqual(['popularity', 'item-kNN', 'Markov']);
  delete test.baselineTitles;
  expect(names(manifest).slice(1)).toEqual(['popularity', 'item-kNN', 'Markov', key]);
});

test('a baseline that lacks a metric leaves a hole', () => {
  const test = exampleTest();
  test.baselines = { popularity: { mrr: 0.01 } };
  const { rows } = testTable(exampleRun('finished', 20, { test }).manifest)!;
  expect(rows[0]).toMatchObject({ metric: 'ndcg@10', values: [0.1213, null], delta: null });
});

test('a lower value is the better one where the metric says so', () => {
  const test = {
    ...exampleTest(),
    metrics: { 'gini@10': 0.5 },
    baselines: { popularity: { 'gini@10': 0.9 }, markov: { 'gini@10': 0.4 } },
  };
  const table = testTable(exampleRun('finished', 20, { test }).manifest)!;
  expect(table.rows).toMatchObject([{ best: 0.4, delta: 0.5 - 0.4, gain: 0.4 - 0.5 }]);
  expect(testVerdict(table)).toMatchObject({ good: false, text: 'Below Markov on every metric.' });
});
