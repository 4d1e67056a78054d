import { execFileSync } from 'node:child_process';
import { mkdir, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { readOverview, tryWriteOverview } from '../../../src/inspection/attention/keptOverview';
import { ProjectionFolder } from '../../../src/inspection/projection/projectionFolder';
import type { AttentionOverview } from '../../../src/protocol/attention';
import type { RunDirectory } from '../../../src/runs/runDirectory';
import { makeRun } from '../runs/newRun';

const KEY = { step: 3, maxUsers: 20, seed: 5 };
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
const LAYOUT = new Map([['counts', { shape: [2], values: Float32Array.of(1, 2) }]]);
const BOOKMARKS = [{ name: 'here', createdAt: 1, state: {} }];

const fail = (message: string) => {
  throw new Error(message);
};

describe('what the inspector keeps in a run', () => {
  let run: RunDirectory;
  let folder: ProjectionFolder;
  const overviewFile = () => path.join(run.attentionPath, 'overview-3-20-5.json');

  beforeEach(async () => {
    run = await makeRun();
    folder = new ProjectionFolder(run);
    await tryWriteOverview(run, KEY, OVERVIEW, fail);
    await folder.tryWrite('recommended', 'key', LAYOUT, fail);
    await folder.writeBookmarks(BOOKMARKS);
  });

  const readAll = async () => [
    await readOverview(run, KEY),
    await folder.read('recommended', 'key'),
    await folder.readBookmarks().catch((error: unknown) => (error as { code: string }).code),
  ];

  it('comes back as it was', async () => {
    expect(await readAll()).toEqual([OVERVIEW, LAYOUT, BOOKMARKS]);
  });

  it.each([
    ['text', '"all"'],
    ['an older version', '{"schemaVersion":"1.0","overview":{"numUsers":2,"seed":5,"heads":[],"groups":[]}}'],
    [
      'heads that are no list',
      '{"schemaVersion":"1.1","overview":{"numUsers":2,"seed":5,"heads":7,"groups":[]}}',
    ],
    [
      'a head without numbers',
      '{"schemaVersion":"1.1","overview":{"numUsers":2,"seed":5,"heads":[{}],"groups":[]}}',
    ],
  ])('is no overview where there is %s', async (_, content) => {
    await writeFile(overviewFile(), content);
    expect(await readOverview(run, KEY)).toBeNull();
  });

  describe.skipIf(process.platform === 'win32')('and others may have changed', () => {
    const NOTHING = [null, null, 'inspection/unreadable-bookmarks'];
    const projectionPath = () => path.join(run.path, 'projection');

    it('is not read behind links', async () => {
      for (const kept of [run.attentionPath, projectionPath()]) {
        const foreign = `${kept}-of-others`;
        await rename(kept, foreign);
        await symlink(foreign, kept);
      }
      expect(await readAll()).toEqual(NOTHING);
    });

    it('is not waited for at a pipe', async () => {
      for (const kept of [run.attentionPath, projectionPath()]) {
        const names = await readdir(kept);
        await rm(kept, { recursive: true });
        await mkdir(kept);
        for (const name of names) execFileSync('mkfifo', [path.join(kept, name)]);
      }
      expect(await readAll()).toEqual(NOTHING);
    });
  });
});
