import { expect, test } from 'vitest';
import { metricsTable } from '../../../src/cli/metricsTable';
import { makeRun } from '../host/runs';

const protocol = { ...makeRun().manifest.protocol!, part: 'test' } as const;
const metrics = {
  'hr@10': 0.2,
  'ndcg@10': 0.1,
  'mrr@10': 0.07,
  'hr@20': 0.3,
  'ndcg@20': 0.13,
  'mrr@20': 0.08,
};
const result = { epoch: 1, step: 1, metrics, protocol, baselines: { popularity: metrics }, evaluatedAt: 1 };

test.each([
  ['mrr@10', ['HR@10', 'NDCG@10', 'MRR@10', 'HR@20', 'NDCG@20']],
  ['ndcg@10', ['HR@10', 'NDCG@10', 'HR@20', 'NDCG@20']],
])('the table has the main metric %s', (mainMetric, columns) => {
  const [head] = metricsTable({ name: 'sasrec', model: 'sasrec' }, result, mainMetric);
  expect((head as string).trim().split(/\s+/)).toEqual(columns);
});

test('the lowest value is the best where the metric says so', () => {
  const baselines = { popularity: { 'gini@10': 0.9 }, markov: { 'gini@10': 0.4 } };
  const measured = { ...result, metrics: { 'gini@10': 0.5 }, baselines };
  const parts = metricsTable({ name: 'sasrec', model: 'sasrec' }, measured, 'gini@10');
  const strong = parts.flatMap((part) => (typeof part === 'object' && 'strong' in part ? [part.strong] : []));
  expect(strong.map((text) => text.trim())).toEqual(['0.4000']);
  expect(parts.at(-1)).toBe('By Gini@10 the model is no better than Markov.\n');
});

test('no baseline is called better by a metric that was not measured', () => {
  const other = { ...result, metrics: { 'hr@50': 0.5 }, baselines: { popularity: { 'hr@50': 0.4 } } };
  const parts = metricsTable({ name: 'sasrec', model: 'sasrec' }, other, 'ndcg@10');
  expect(JSON.stringify(parts)).not.toContain('no better than');
});

test('a baseline is not compared with itself', () => {
  const run = { name: 'simple', model: 'popularity' };
  const text = JSON.stringify(metricsTable(run, result, 'ndcg@10'));
  expect(text).not.toMatch(/popularity|no better than/);
});
