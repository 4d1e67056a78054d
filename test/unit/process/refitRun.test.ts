import { expect, it } from 'vitest';
import { configSchema } from '../../../src/config/schema';
import { refitRun } from '../../../src/process/refitRun';
import type { RunManifest } from '../../../src/protocol/run';
import { makeRun } from '../runs/newRun';

const OPTIONS = { node: { path: 'node', version: '20', env: {} }, trainerPath: 'trainer.js' };
const BEST = { epoch: 2, step: 8, metrics: { 'ndcg@10': 0.2 } };
const DATASET = { fingerprint: '0'.repeat(64), numUsers: 3, numItems: 4, numInteractions: 12 };

/** Refits a run of this model that ended so. */
async function refit(change: Partial<RunManifest>, config: object = {}) {
  const resolved = configSchema.parse({ dataset: { path: 'a.csv' }, model: { type: 'sasrec' }, ...config });
  const run = await makeRun({ config: resolved });
  const ended = { status: 'finished', best: BEST, dataset: DATASET } as const;
  await run.writeManifest({ ...(await run.readManifest()), ...ended, ...change });
  return refitRun(OPTIONS, run);
}

it.each<[string, Partial<RunManifest>, object, RegExp]>([
  [
    'a baseline',
    {},
    { model: { type: 'popularity' } },
    /it is a baseline, which is fitted to training and val/,
  ],
  [
    'a run that validated nothing',
    { best: null },
    {},
    /none of its epochs was validated, so none was chosen/,
  ],
  [
    'a refit',
    { refitOf: { run: 'first', epochs: 2 } },
    { training: { earlyStopping: { patience: null }, refit: { plannedEpochs: 9 } } },
    /it is a refit itself, of first\.$/,
  ],
])('refuses %s, with the reason', async (_what, change, config, message) => {
  await expect(refit(change, config)).rejects.toMatchObject({
    code: 'run/no-refit',
    message: expect.stringMatching(message) as string,
  });
});
