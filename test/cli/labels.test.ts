import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Comparison } from '../../src/protocol/comparison';
import type { RunManifest } from '../../src/protocol/run';
import { clickLog } from '../unit/inference/clickLog';

/* A click log as a file, through the built command line and trainer. */

const CLI = path.resolve('dist/cli.js');
const execute = promisify(execFile);
const METRICS = ['auc', 'gauc', 'logLoss', 'prAuc', 'calibrationError'];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'recsight-cli-labels-'));
  const { dataset, labeled } = clickLog(40, 10);
  const rows = ['user_id,item_id,clicked,request,timestamp'];
  for (let user = 0; user < dataset.numUsers; user++) {
    for (let row = labeled.offsets[user]!; row < labeled.offsets[user + 1]!; row++) {
      const request = labeled.impressions![row]!;
      const time = 1_600_000_000 + (request % 10) * 1000 + user;
      rows.push(`u${user},i${labeled.items[row]!},${labeled.labels[row]!},${request},${time}`);
    }
  }
  await writeFile(path.join(folder, 'log.csv'), rows.join('\n'));
  const dataOf = { path: 'log.csv', columns: { label: 'clicked', impression: 'request' } };
  const training = { epochs: 1, batchSize: 64 };
  for (const model of [
    { type: 'logisticRegression' },
    { type: 'din', headLayers: [8], attentionLayers: [8] },
  ])
    await writeFile(
      path.join(folder, `${model.type}.recsight.json`),
      JSON.stringify({ dataset: dataOf, model, training, backend: 'wasm' }),
    );
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const recsight = (...args: string[]) =>
  execute(process.execPath, [CLI, ...args], { cwd: folder, timeout: 110_000 });

async function runs(): Promise<RunManifest[]> {
  const { stdout } = await recsight('runs', '--json');
  return (JSON.parse(stdout) as { runs: RunManifest[] }).runs;
}

it('is learned from, measured by its labels, measured again without the model, and compared', async () => {
  const din = await recsight('train', 'din.recsight.json');
  const told = din.stdout + din.stderr;
  expect(told).toContain('DIN learns from the labels of 1,600 shown items and is measured by them.');
  expect(told).toContain('validation AUC');
  expect(told).toMatch(
    /scores of \d+ shown items with labels, \d+ of them positive, ranked within \d+ impressions/,
  );
  expect(told).toContain('logistic regression');

  await recsight('train', 'logisticRegression.recsight.json');
  const regression = (await runs()).find(({ model }) => model === 'logisticRegression')!;
  expect(Object.keys(regression.test!.metrics)).toEqual(METRICS);
  // It is the baseline, too.
  expect(regression.test!.baselines.logisticRegression).toEqual(regression.test!.metrics);
  const metrics = 'evaluation.metrics=["auc","ndcg"]';
  const again = await recsight(
    'evaluate',
    regression.id,
    '--set',
    metrics,
    '--set',
    'evaluation.cutoffs=[2]',
  );
  expect(again.stdout + again.stderr).toContain('computed from the stored results of each row');
  const { test } = (await runs()).find(({ id }) => id === regression.id)!;
  expect(Object.keys(test!.metrics)).toEqual(['auc', 'ndcg@2']);
  expect(test!.metrics.auc).toBe(regression.test!.metrics.auc);

  const ids = (await runs()).map(({ id }) => id);
  const { stdout } = await recsight('compare', ...ids, '--metric', 'gauc', '--metric', 'auc', '--json');
  const comparison = JSON.parse(stdout) as Comparison;
  expect(comparison.metrics).toEqual(['gauc', 'auc']);
  for (const { low, high, p } of comparison.differences[0]!) {
    expect(low).toBeLessThanOrEqual(high!);
    expect(p).toBeGreaterThan(0);
  }
});
