import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { configSchema } from '../../../src/config/schema';
import type { PreparedDataset } from '../../../src/dataset/preparedDataset';
import type { DatasetSummary } from '../../../src/protocol/run';
import { cacheDirectoryOf, createRun, type RunDirectory } from '../../../src/runs/runDirectory';
import { prepareUnchanged, type RunData } from '../../../src/inference/openRun';

const csv = `user_id,item_id,timestamp\n${[0, 1, 2, 3].map((time) => `u,i${time},${time}\nv,i${time},${time}\n`).join('')}`;

describe('the data of a run', () => {
  let folder: string;
  let data: string;
  let run: RunDirectory;
  let first: RunData;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'recsight-run-'));
    data = path.join(folder, 'a.csv');
    await writeFile(data, csv);
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const prepare = async () => {
    const config = configSchema.parse(await run.readConfig());
    return prepareUnchanged(run, await run.readManifest(), config);
  };

  /** A run whose trainer has prepared its data. */
  async function start(dataset: object = { path: 'a.csv' }, seed = 42): Promise<void> {
    const config = configSchema.parse({ seed, dataset, model: { type: 'popularity' } });
    run = await createRun(path.join(folder, '.recsight', 'runs'), {
      name: 'x',
      model: 'popularity',
      configPath: path.join(folder, 'x.recsight.json'),
      config,
      configDigest: '',
      seed: config.seed,
      mainMetric: 'ndcg@10',
      epochs: 0,
      git: null,
      versions: {},
    });
    first = await prepare();
    await record(first.dataset);
  }

  async function record({ fingerprint, numUsers, numItems, items }: PreparedDataset): Promise<void> {
    const dataset: DatasetSummary = { fingerprint, numUsers, numItems, numInteractions: items.length };
    await run.writeManifest({ ...(await run.readManifest()), dataset });
  }

  it('are the same, without a word, while the files are', async () => {
    await start();
    expect(await first.checkSource()).toBeNull();
    const again = await prepare();
    expect(again).toMatchObject({ dataset: first.dataset, cached: true });
    expect(await again.checkSource()).toBeNull();
  });

  it.each<[string, () => Promise<void>, RegExp]>([
    [
      'has changed',
      () => writeFile(data, csv.replaceAll('i2', 'i9')),
      /^The data files.* have changed since this run was started: the copy prepared for the run is used\.$/,
    ],
    ['is gone', () => rm(data), /^The data files of this run can no longer be read: .*no file `a\.csv`/],
    ['is empty', () => writeFile(data, ''), /can no longer be read: .*a\.csv is empty/],
  ])(
    'are those that it was started with when their file %s, and that is said',
    async (_what, change, said) => {
      await start();
      await change();
      const again = await prepare();
      expect(again.dataset).toEqual(first.dataset);
      expect(await again.checkSource()).toMatch(said);
    },
  );

  it('are the same for all seeds, so that these are tested on the same items, also where times are tied', async () => {
    await writeFile(data, csv.replaceAll(/,\d\n/g, ',5\n'));
    await start(undefined, 1);
    const { dataset } = first;
    await start(undefined, 2);
    expect(first.dataset).toEqual(dataset);
  });

  it('are kept too where a query gives others each time', async () => {
    await start({ query: "SELECT * FROM 'a.csv' WHERE random() < 0.9 OR item_id <> 'i3'" });
    for (let time = 0; time < 3; time++) {
      const again = await prepare();
      expect(again).toMatchObject({ dataset: first.dataset, cached: true });
      expect(await again.checkSource()).toBeNull();
    }
  });

  it('are made again of the same files where they are not kept any more, and of no others', async () => {
    await start();
    const cache = cacheDirectoryOf(path.dirname(run.path));
    const damage = async () => {
      const file = path.join(cache, first.dataset.fingerprint, 'items');
      await writeFile(file, (await readFile(file)).fill(0));
    };
    await damage();
    expect(await prepare()).toMatchObject({ dataset: first.dataset, cached: false });

    await damage();
    await writeFile(data, csv.replaceAll('i2', 'i9'));
    await expect(prepare()).rejects.toMatchObject({
      code: 'dataset/changed',
      message: expect.stringContaining(cache) as string,
    });
    await rm(data);
    await expect(prepare()).rejects.toMatchObject({
      code: 'dataset/missing-file',
      message: expect.stringMatching(
        /no file `a\.csv`.*no prepared copy of the run's data is left/,
      ) as string,
    });
  });

  it('come from no folder outside the cache, whatever the manifest says', async () => {
    await start();
    const outside = path.join(folder, 'outside');
    await writeFile(outside, 'x');
    await record({ ...first.dataset, fingerprint: '../../outside' });
    await expect(prepare()).rejects.toMatchObject({ code: 'dataset/changed' });
    expect(await readFile(outside, 'utf8')).toBe('x');
  });
});
