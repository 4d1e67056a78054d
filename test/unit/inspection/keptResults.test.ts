import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { overviewCodec } from '../../../src/inspection/attention/overviewCodec';
import { KeptResults, type ResultCodec, type ResultKey } from '../../../src/inspection/keptResults';
import { readBookmarks, writeBookmarks } from '../../../src/inspection/projection/bookmarks';
import { tensorCodec } from '../../../src/inspection/projection/tensorCodec';
import type { AttentionOverview } from '../../../src/protocol/attention';
import type { RunDirectory } from '../../../src/runs/runDirectory';
import { makeRun } from '../runs/newRun';

const OVERVIEW_KEY: ResultKey = { kind: 'overview', version: 2, step: 3, maxUsers: 20, seed: 5 };
const COUNTS_KEY: ResultKey = { kind: 'recommended', version: 2, k: 10 };
const OVERVIEW: AttentionOverview = {
  numUsers: 2,
  seed: 5,
  heads: [
    {
      ...{ view: 'block0', viewLabel: 'Block 1', label: 'Block 1, head 1', head: 0, part: 'head' as const },
      ...{ byDistance: Float32Array.of(0.75, 0.25) },
      ...{ entropy: 0.5, relativeEntropy: 0.25, meanDistance: 0.25, lastShare: 0.75, cluster: 0 },
    },
  ],
  groups: [
    {
      ...{ label: '1 to 9 items', of: 'historyLength', numUsers: 2, entropy: Float32Array.of(0.5) },
      ...{ meanDistance: Float32Array.of(0.25), lastShare: Float32Array.of(0.75) },
    },
  ],
};
const COUNTS = Float32Array.of(1, 2);
const countsCodec = tensorCodec<Float32Array>(
  (values) => new Map([['counts', { shape: [values.length], values }]]),
  (tensors) => tensors.get('counts')?.values ?? null,
);
const BOOKMARKS = [{ name: 'here', createdAt: 1, state: {} }];

const fail = (message: string) => {
  throw new Error(message);
};

describe('what the inspector keeps in a run', () => {
  let run: RunDirectory;
  const overviews = () => new KeptResults(run.attentionPath, fail);
  const counts = () => new KeptResults(run.projectionPath, fail);
  const onlyFile = async (folder: string) => path.join(folder, (await readdir(folder))[0]!);

  beforeEach(async () => {
    run = await makeRun();
    await overviews().tryWrite(OVERVIEW_KEY, overviewCodec, OVERVIEW);
    await counts().tryWrite(COUNTS_KEY, countsCodec, COUNTS);
    await writeBookmarks(run, BOOKMARKS);
  });

  const readAll = async () => [
    await overviews().read(OVERVIEW_KEY, overviewCodec),
    await counts().read(COUNTS_KEY, countsCodec),
    await readBookmarks(run).catch((error: unknown) => (error as { code: string }).code),
  ];

  it('comes back as it was', async () => {
    expect(await readAll()).toEqual([OVERVIEW, COUNTS, BOOKMARKS]);
  });

  it('is found by all of its key only', async () => {
    for (const change of [{ version: 3 }, { seed: 6 }, { step: 4 }])
      expect(await overviews().read({ ...OVERVIEW_KEY, ...change }, overviewCodec)).toBeNull();
  });

  it('has the names that earlier versions gave to layouts and counts', async () => {
    const digest = createHash('sha256')
      .update(JSON.stringify({ version: 2, k: 10 }))
      .digest('hex');
    expect(await readdir(run.projectionPath)).toContain(`recommended-${digest.slice(0, 24)}.safetensors`);
  });

  it.each([
    ['text', '"all"'],
    ['heads that are no list', '{"numUsers":2,"seed":5,"heads":7,"groups":[]}'],
    ['a head without numbers', '{"numUsers":2,"seed":5,"heads":[{}],"groups":[]}'],
    ['a part of it', '{"numUsers":2,"se'],
  ])('is no overview where there is %s', async (_, content) => {
    await writeFile(await onlyFile(run.attentionPath), content);
    expect(await overviews().read(OVERVIEW_KEY, overviewCodec)).toBeNull();
  });

  it('is no layout where a number is none', async () => {
    await counts().tryWrite(COUNTS_KEY, countsCodec, Float32Array.of(1, NaN));
    expect(await counts().read(COUNTS_KEY, countsCodec)).toBeNull();
  });

  describe('and takes so much room', () => {
    const bytes: ResultCodec<Buffer> = {
      extension: 'json',
      encode: (result) => result,
      decode: (result) => result,
    };
    const key = (step: number): ResultKey => ({ kind: 'overview', version: 1, step });
    const kept = () => new KeptResults(run.attentionPath, fail, 100);

    beforeEach(async () => {
      await rm(run.attentionPath, { recursive: true });
      for (const step of [1, 2, 3]) {
        const before = new Set(await readdir(run.attentionPath).catch(() => []));
        await kept().tryWrite(key(step), bytes, Buffer.alloc(30, step));
        const name = (await readdir(run.attentionPath)).find((each) => !before.has(each))!;
        await utimes(path.join(run.attentionPath, name), step, step);
      }
    });

    const steps = async () => {
      const found = await Promise.all([1, 2, 3, 4].map((step) => kept().read(key(step), bytes)));
      return found.flatMap((each) => each?.[0] ?? []);
    };

    it('as there is', async () => {
      expect(await steps()).toEqual([1, 2, 3]);
    });

    it('and the oldest give way', async () => {
      await kept().tryWrite(key(4), bytes, Buffer.alloc(50, 4));
      expect(await steps()).toEqual([3, 4]);
    });

    it('but never what is no result', async () => {
      const note = path.join(run.attentionPath, 'bookmarks.json');
      await writeFile(note, 'x'.repeat(1000));
      await writeFile(path.join(run.attentionPath, 'overview-3-20-5.json'), 'x'.repeat(1000));
      await kept().tryWrite(key(4), bytes, Buffer.alloc(30, 4));
      expect(await steps()).toEqual([4]);
      expect((await readdir(run.attentionPath)).length).toBe(2);
      expect(await readFile(note, 'utf8')).toHaveLength(1000);
    });

    it('not what is larger than all of it', async () => {
      await kept().tryWrite(key(4), bytes, Buffer.alloc(101, 4));
      expect(await steps()).toEqual([1, 2, 3]);
      await writeFile(await onlyFile(run.attentionPath), 'x'.repeat(101));
      expect(await steps()).toHaveLength(2);
    });
  });

  describe.skipIf(process.platform === 'win32')('and others may have changed', () => {
    const NOTHING = [null, null, 'inspection/unreadable-bookmarks'];
    it('is not read behind links', async () => {
      for (const kept of [run.attentionPath, run.projectionPath]) {
        const foreign = `${kept}-of-others`;
        await rename(kept, foreign);
        await symlink(foreign, kept);
      }
      expect(await readAll()).toEqual(NOTHING);
    });

    it('is not waited for at a pipe', async () => {
      for (const kept of [run.attentionPath, run.projectionPath]) {
        const names = await readdir(kept);
        await rm(kept, { recursive: true });
        await mkdir(kept);
        for (const name of names) execFileSync('mkfifo', [path.join(kept, name)]);
      }
      expect(await readAll()).toEqual(NOTHING);
    });
  });
});
