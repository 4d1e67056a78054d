import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startOnly } from '../../../src/compute/engine';
import { configSchema } from '../../../src/config/schema';
import { RunDirectory } from '../../../src/runs/runDirectory';
import { engineSearchPaths, readConfig } from '../../../src/inference/openRun';

describe('the config of a run', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'recsight-run-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const read = async (config: unknown) => {
    await writeFile(path.join(folder, 'config.json'), JSON.stringify(config));
    return readConfig(new RunDirectory(folder));
  };

  it('is what it was started with', async () => {
    const config = configSchema.parse({ dataset: { path: 'a.csv' }, model: { type: 'twoTower' } });
    expect(await read(config)).toEqual(config);
  });

  it('reads no history where it was written before two towers could', async () => {
    const { model, ...others } = configSchema.parse({
      dataset: { path: 'a.csv' },
      model: { type: 'twoTower' },
    });
    const { maxSequenceLength, historyPooling, userIds, ...old } = model as Record<string, unknown>;
    expect([maxSequenceLength, historyPooling, userIds]).not.toContain(undefined);
    expect((await read({ ...others, model: old })).model).toEqual({ ...model, maxSequenceLength: 0 });
  });

  it.each([
    [{ model: { type: 'sasrec', hiddenSize: -1 } }, /does not fit this version.*Start a new run/],
    [{}, /does not fit this version/],
    [null, /contains no config/],
  ])('that does not fit is refused: %o', async (config, message) => {
    await expect(read(config)).rejects.toThrow(message);
  });
});

describe('engines that are not RecSight’s own', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'recsight-engines-'));
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
    await rm(folder, { recursive: true, force: true });
  });

  /** Packages of both engines; a marker shows that their code was run. */
  async function plant(where: string): Promise<string> {
    const marker = path.join(folder, where, 'was-run');
    const packages = [
      'webgpu',
      '@tensorflow/tfjs-backend-webgpu',
      '@tensorflow/tfjs-node-gpu',
      '@tensorflow/tfjs-node',
    ];
    for (const name of packages) {
      const target = path.join(folder, where, 'node_modules', name);
      await mkdir(target, { recursive: true });
      await writeFile(path.join(target, 'package.json'), '{ "version": "9.9.9" }');
      await writeFile(
        path.join(target, 'index.js'),
        `require('node:fs').writeFileSync(${JSON.stringify(marker)}, 'x'); throw new Error('planted in ${where}');`,
      );
    }
    return marker;
  }

  /** What starting each engine by its name says, from a run in the folder `project`. */
  async function startEngines(): Promise<string[]> {
    const runs = path.join(folder, 'project', '.recsight', 'runs');
    await mkdir(runs, { recursive: true });
    vi.spyOn(process, 'cwd').mockReturnValue(runs);
    const context = { assets: folder, searchPaths: engineSearchPaths() };
    const said: string[] = [];
    for (const name of ['tensorflow', 'webgpu'] as const) {
      await startOnly(name, context).catch((error: unknown) => said.push(String(error)));
    }
    return said;
  }

  it('are not taken from the folders above a run, not even when asked for by name', async () => {
    vi.stubEnv('RECSIGHT_RUNTIME_PATH', undefined);
    const markers = [await plant(''), await plant('project'), await plant('project/.recsight/runs')];
    const said = await startEngines();
    expect(said.map((message) => /is (?:not )?installed\. Run/.test(message))).toEqual([true, true]);
    expect(markers.filter((marker) => existsSync(marker))).toEqual([]);
  });

  it('are taken from the folders that RECSIGHT_RUNTIME_PATH names, in their order, and from no relative one', async () => {
    await plant('project');
    const [mine, extension] = [await plant('mine'), await plant('runtime/webgpu')];
    const folders = ['..', '', '.', path.join(folder, 'mine'), path.join(folder, 'runtime')];
    vi.stubEnv('RECSIGHT_RUNTIME_PATH', folders.join(path.delimiter));
    expect(engineSearchPaths().slice(0, 3)).toEqual(
      ['mine', 'runtime', 'runtime/webgpu'].map((name) => path.join(folder, name)),
    );
    expect((await startEngines())[0]).toMatch(/planted in mine.*planted in runtime\/webgpu/s);
    expect([mine, extension].map((marker) => existsSync(marker))).toEqual([true, true]);
  });
});
