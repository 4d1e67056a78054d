import { readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { configSchema } from '../../../src/config/schema';
import { openCandidates } from '../../../src/inference/openCandidates';
import { createRun, runsDirectoryOf } from '../../../src/runs/runDirectory';
import { newRun, temporaryFolder } from '../runs/newRun';
import { datasetOf } from './tinyDataset';

const DATASET = datasetOf(
  [
    [1, 2, 3],
    [2, 3, 1],
  ],
  3,
);
const ROWS = 'user_id,item_id\nu0,i1\nu0,i2\nu1,i3\n';

/** A run whose evaluation ranks users among the lists of a file. */
async function start() {
  const folder = await temporaryFolder();
  const file = path.join(folder, 'lists.csv');
  await writeFile(file, ROWS);
  const config = configSchema.parse({
    dataset: { path: 'a.csv' },
    model: { type: 'popularity' },
    evaluation: { candidates: { type: 'file', path: 'lists.csv' } },
  });
  const configPath = path.join(folder, 'x.recsight.json');
  const run = await createRun(runsDirectoryOf(folder), newRun(folder, { config, configPath }));
  const open = async (dataset = DATASET, as = config, of = run) =>
    openCandidates(of, await of.readManifest(), as, dataset);
  return { folder, run, file, config, open };
}

it('keeps the lists of a run, and says when their file is another one or is gone', async () => {
  const { file, config, open } = await start();
  const first = (await open())!;
  expect(first).toMatchObject({
    lists: { file: 'lists.csv', offsets: Uint32Array.of(0, 2, 3) },
    warnings: [],
  });
  expect(await open()).toEqual(first);

  await writeFile(file, `${ROWS}u1,i2\n`);
  const changed = (await open())!;
  expect(changed.lists).toEqual(first.lists);
  expect(changed.warnings).toEqual([expect.stringMatching(/^The candidates in `lists\.csv` have changed/)]);
  // Named in another way, they are read.
  const { evaluation } = config;
  const candidates = { ...evaluation.candidates, path: ['lists.csv'] } as typeof evaluation.candidates;
  const other = await open(DATASET, { ...config, evaluation: { ...evaluation, candidates } });
  expect([...other!.lists.offsets]).toEqual([0, 2, 4]);

  await rm(file);
  const gone = (await open())!;
  expect(gone.lists).toEqual(first.lists);
  expect(gone.warnings).toEqual([expect.stringMatching(/can no longer be read: .*no file `lists\.csv`/)]);
});

it('gives a refit the lists of its run', async () => {
  const { folder, run, file, config, open } = await start();
  const { lists } = (await open())!;
  await rm(file);
  const candidatesOf = run.candidatesPath;
  const refit = await createRun(runsDirectoryOf(folder), newRun(folder, { config, candidatesOf }));
  expect((await open(DATASET, config, refit))!.lists).toEqual(lists);
});

it('refuses kept lists that are damaged or of other data', async () => {
  const { run, open } = await start();
  await open();
  const others = { ...DATASET, userIds: ['u1', 'u0'] };
  await expect(open(others)).rejects.toMatchObject({
    code: 'run/corrupt',
    message: expect.stringContaining('they are not of the data of the run') as string,
  });
  const [name] = await readdir(run.candidatesPath);
  await writeFile(path.join(run.candidatesPath, name!), 'no tensors');
  await expect(open()).rejects.toMatchObject({ code: 'run/corrupt' });
});

it('has none where all items are candidates', async () => {
  const { config, open } = await start();
  const { evaluation } = configSchema.parse({ dataset: { path: 'a.csv' }, model: { type: 'popularity' } });
  expect(await open(DATASET, { ...config, evaluation })).toBeNull();
});
