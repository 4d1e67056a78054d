import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { cache } from '../../../src/cli/cache';
import { output } from '../../../src/cli/terminal';
import type { RunManifest } from '../../../src/protocol/run';
import { createRun } from '../../../src/runs/runDirectory';

const [a, b, c] = ['a', 'b', 'c'].map((letter) => letter.repeat(64)) as [string, string, string];

describe('the cache', () => {
  let folder: string;
  let printed: string;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'recsight-cache-'));
    await mkdir(path.join(folder, '.git'));
    vi.spyOn(process, 'cwd').mockReturnValue(folder);
    vi.spyOn(output, 'print').mockImplementation(
      (...parts) =>
        void (printed += parts.map((part) => (typeof part === 'string' ? part : part.strong)).join('')),
    );
    vi.spyOn(output, 'printData').mockImplementation((text) => void (printed += text));
    printed = '';
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await rm(folder, { recursive: true, force: true });
  });

  async function addDataset(fingerprint: string, where = ''): Promise<void> {
    const directory = path.join(folder, where, '.recsight', 'cache', fingerprint);
    await mkdir(directory, { recursive: true });
    await writeFile(path.join(directory, 'items'), Buffer.alloc(1000));
    await writeFile(path.join(directory, 'header.json'), '{}');
  }

  async function addRun(fingerprint: string | null, change: Partial<RunManifest> = {}, where = '') {
    const run = await createRun(path.join(folder, where, '.recsight', 'runs'), {
      name: 'x',
      model: 'popularity',
      configPath: path.join(folder, 'x.recsight.json'),
      config: {},
      configDigest: '',
      seed: 1,
      mainMetric: 'ndcg@10',
      epochs: 0,
      git: null,
      versions: {},
    });
    const dataset =
      fingerprint === null ? null : { fingerprint, numUsers: 1, numItems: 1, numInteractions: 1 };
    await run.writeManifest({ ...(await run.readManifest()), status: 'finished', dataset, ...change });
    return run;
  }

  const kept = async (where = '') => (await readdir(path.join(folder, where, '.recsight', 'cache'))).sort();

  it('lists size, age and the runs that refer to each dataset', async () => {
    await addDataset(a);
    await addDataset(b);
    const runs = [await addRun(a), await addRun(a)];
    expect(await cache('', {})).toBe(0);
    const lines = printed.split('\n');
    const ofA = lines.find((line) => line.startsWith('aaaaaaaaaaaa'));
    expect(ofA).toMatch(/1\.00 kB {2} *just now {2}2 runs: /);
    for (const { id } of runs) expect(ofA).toContain(id);
    expect(lines.find((line) => line.startsWith('bbbbbbbbbbbb'))).toMatch(/ no run /);
    expect(printed).toContain('`recsight cache prune` frees 1.00 kB');
    expect(await kept()).toEqual([a, b]);
    printed = '';
    expect(await cache('prune', {})).toBe(0);
    expect(printed).toBe('Removed 1 of 2 prepared datasets (1.00 kB): no run uses it.\n');
    printed = '';
    expect(await cache('prune', {})).toBe(0);
    expect(printed).toBe('Nothing to remove: a run uses every prepared dataset.\n');
  });

  it('loses by pruning what no run of the workspace refers to, and nothing else', async () => {
    for (const fingerprint of [a, b]) await addDataset(fingerprint);
    for (const fingerprint of [a, c]) await addDataset(fingerprint, 'configs');
    await addRun(a);
    await addRun(c, {}, 'configs');
    await writeFile(path.join(folder, '.recsight', 'cache', 'notes.txt'), '');
    expect(await cache('prune', { json: true })).toBe(0);
    expect(JSON.parse(printed)).toMatchObject({ removed: [{ fingerprint: b, bytes: 1002 }], bytes: 1002 });
    expect(await kept()).toEqual([a, 'notes.txt']);
    // A run may have been moved: what is referred to anywhere is kept everywhere.
    expect(await kept('configs')).toEqual([a, c]);
  });

  it('is left alone where a run is preparing its data, or cannot be read', async () => {
    await addDataset(a);
    const run = await addRun(null, { status: 'preparing' });
    await expect(cache('prune', {})).rejects.toThrow(/Nothing was removed: the run .* is still preparing/);
    await writeFile(path.join(run.path, 'run.json'), '{');
    await expect(cache('prune', {})).rejects.toThrow(
      /the run in .* cannot be read and may need any of the data/,
    );
    expect(await kept()).toEqual([a]);
  });

  it('knows no other action', async () => {
    await expect(cache('clear', {})).rejects.toThrow(
      /Unknown argument `clear` of `recsight cache`\. Expected `prune`/,
    );
  });
});
