import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { InspectedRuns } from '../../../src/inspection/inspectedRuns';
import { RunDirectory } from '../../../src/runs/runDirectory';
import { ENGINE_ASSETS, useBackend } from '../compute/useBackend';
import { TINY_MODELS, trainTiny } from './trainedRun';

let folder: string;
let run: string;

useBackend('wasm');
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'recsight-inspected-'));
  run = await trainTiny(folder, TINY_MODELS.sasrec!);
  // As a trainer process notes it.
  const { dataset } = await open().runs.open(run);
  const { fingerprint, numUsers, numItems, items } = dataset;
  const directory = new RunDirectory(run);
  const summary = { fingerprint, numUsers, numItems, numInteractions: items.length };
  await directory.writeManifest({ ...(await directory.readManifest()), dataset: summary });
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

function open(): { runs: InspectedRuns; notices: string[] } {
  const notices: string[] = [];
  return {
    runs: new InspectedRuns(
      ENGINE_ASSETS,
      () => undefined,
      (notice) => notices.push(notice),
    ),
    notices,
  };
}

it('opens the best model before it is asked for', async () => {
  const { runs } = open();
  await runs.warmUp(run);
  const { checkpoints } = await runs.describe(run);
  expect(checkpoints.map(({ name }) => name)).toContain('best');
  expect(await runs.model({ run, checkpoint: 'best' })).toBe(await runs.model({ run, checkpoint: 'best' }));
});

it('tells once that data files have changed, and nobody waits for it', async () => {
  const { runs, notices } = open();
  await writeFile(path.join(folder, 'ratings.csv'), 'user,item\n');
  await runs.describe(run);
  expect(notices).toEqual([]);
  await Promise.all([runs.checkSources(), runs.checkSources()]);
  expect(notices).toHaveLength(1);
  expect(notices[0]).toMatch(/the copy prepared for the run is used/);
  await runs.checkSources();
  expect(notices).toHaveLength(1);
});
