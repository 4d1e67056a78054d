import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { configSchema } from '../../../src/config/schema';
import { RunDirectory } from '../../../src/runs/runDirectory';
import { readConfig } from '../../../src/training/openRun';

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
    [null, /does not fit this version/],
  ])('that does not fit is refused: %o', async (config, message) => {
    await expect(read(config)).rejects.toThrow(message);
  });
});
