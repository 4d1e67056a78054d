// @ts-check
/*
 * npm run results: trains the experiments of test/results and prints what docs/results.md has in its table.
 *
 *   npm run results -- [NAME…] [--table] [--set path=value]…
 *
 * Each experiment is a config on data that may not be in this repository: it is looked for in ../shared/data, and an
 * experiment without its data is left out with a message. With --table nothing is trained: the table is made of the runs
 * that are there.
 */
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { build, installDependencies, readJson, requireNode, root, run } from './lib/toolchain.mjs';

const EXPERIMENTS = path.join(root, 'test/results');
const RUNS = path.join(EXPERIMENTS, '.recsight/runs');
const SUFFIX = '.recsight.json';

requireNode();
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { table: { type: 'boolean' }, set: { type: 'string', multiple: true } },
});
const known = readdirSync(EXPERIMENTS)
  .filter((file) => file.endsWith(SUFFIX))
  .map((file) => file.slice(0, -SUFFIX.length))
  .sort();
const unknown = positionals.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  console.error(`There is no experiment named ${unknown.join(', ')}. There are: ${known.join(', ')}.`);
  process.exit(1);
}
const chosen = positionals.length > 0 ? positionals : known;

if (values.table !== true) {
  await installDependencies();
  await build();
  for (const name of chosen) {
    const config = path.join(EXPERIMENTS, name + SUFFIX);
    const set = (values.set ?? []).flatMap((override) => ['--set', override]);
    try {
      await run(process.execPath, ['dist/cli.js', 'train', config, '--runs', RUNS, ...set]);
    } catch {
      console.error(`${name} has no result: see above. The data is expected in ../shared/data.`);
      process.exitCode = 1;
    }
  }
}

/**
 * @typedef {Record<string, number>} Metrics
 * @typedef {{
 *   id: string, name: string, model: string, createdAt: number, best: { epoch: number } | null,
 *   test: { epoch: number, metrics: Metrics, baselines: Record<string, Metrics>,
 *     protocol: { candidates: string, split: string, numUsers: number } } | null,
 *   timings: { train: number }, backend: { name: string } | null, progress: { epoch: number, epochs: number },
 * }} Manifest
 */

/** @type {Manifest[]} */
const manifests = existsSync(RUNS)
  ? readdirSync(RUNS)
      .map((id) => path.join(RUNS, id, 'run.json'))
      .filter((file) => existsSync(file))
      .map((file) => readJson(file))
  : [];

const digits = (/** @type {number | undefined} */ value) =>
  value === undefined ? '–' : value.toFixed(4).slice(1);
/** @type {string[]} */
const ofLabels = [];
console.log(
  '\n| experiment | candidates | HR@10 | NDCG@10 | popularity | item-kNN | Markov | epoch | training | users |\n' +
    '|---|---|---:|---:|---:|---:|---:|---:|---:|---:|',
);
for (const name of chosen) {
  const newest = manifests
    .filter((manifest) => manifest.name === name && manifest.test !== null)
    .sort((a, b) => b.createdAt - a.createdAt)[0];
  if (!newest?.test) continue;
  const { metrics, baselines, protocol, epoch } = newest.test;
  const { progress, timings } = newest;
  // Baselines are fitted at once, as part of their evaluation.
  const training =
    progress.epochs === 0 ? '– | –' : `${epoch} of ${progress.epoch} | ${Math.round(timings.train)} s`;
  if (protocol.candidates === 'shown') {
    const cells = ['auc', 'gauc', 'logLoss', 'prAuc', 'calibrationError'].map((metric) =>
      digits(metrics[metric]),
    );
    const others = ['clickRate', 'logisticRegression'].map((type) => digits(baselines[type]?.auc));
    ofLabels.push(
      `| ${[name, protocol.split, ...cells, ...others, training, protocol.numUsers].join(' | ')} |`,
    );
    continue;
  }
  const baseline = (/** @type {string} */ type) => digits(baselines[type]?.['ndcg@10']);
  console.log(
    `| ${name} | ${protocol.candidates}${protocol.split === 'leaveOneOut' ? '' : ` · ${protocol.split}`} | ${digits(metrics['hr@10'])} | ${digits(metrics['ndcg@10'])} | ` +
      `${baseline('popularity')} | ${baseline('itemKnn')} | ${baseline('markov')} | ${training} | ` +
      `${protocol.numUsers} |`,
  );
}
if (ofLabels.length > 0) {
  console.log(
    '\n| experiment | split | AUC | GAUC | LogLoss | PR-AUC | ECE | click rate | logistic regression | epoch | training | users |\n' +
      '|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|',
  );
  for (const row of ofLabels) console.log(row);
}
