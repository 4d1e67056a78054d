import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { RunSummary } from '../../../src/protocol/run';
import type { RunCatalog } from '../../../src/host/runCatalog';
import { RunConfigs } from '../../../src/host/runConfigs';
import { createRun } from '../../../src/runs/runDirectory';
import { readRun } from '../../../src/runs/runStore';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'recsight-configs-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('a config that could not be read is read again when it is mended', async () => {
  const { path: directory } = await createRun(folder, {
    ...{ name: 'tiny', model: 'sasrec', configPath: 'tiny.recsight.json', config: { seed: 7 } },
    ...{ configDigest: '', seed: 7, mainMetric: 'ndcg@10', epochs: 3, git: null, versions: {} },
  });
  const run: RunSummary = await readRun(directory);
  // All that is asked of it.
  const catalog = { runs: [run], folderOf: () => undefined } as Partial<RunCatalog> as RunCatalog;
  const configs = new RunConfigs(catalog);
  const file = path.join(directory, 'config.json');
  await writeFile(file, '{');
  expect((await configs.settingsOf(run)).unreadable).toContain('config.json');
  await writeFile(file, '{ "seed": 7 }');
  const { settings, unreadable } = await configs.settingsOf(run);
  expect(unreadable).toBeUndefined();
  expect(settings.map(({ path: name }) => name)).toEqual(['seed']);
});
