import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { requireDeletable } from '../../../src/runs/requireDeletable';
import { acquireTrainerLock } from '../../../src/runs/trainerLock';
import { makeRun, temporaryFolder } from './newRun';

test('a run is deleted that lies in a folder of runs and is idle', async () => {
  const run = await makeRun();
  await expect(requireDeletable(run.path)).resolves.toBeUndefined();
  const lock = await acquireTrainerLock(run);
  await expect(requireDeletable(run.path)).rejects.toMatchObject({ code: 'run/busy' });
  await lock.release();
  await expect(requireDeletable(`${run.path}${path.sep}`)).resolves.toBeUndefined();
});

test('nothing else is deleted as a run', async () => {
  const run = await makeRun();
  const runs = path.dirname(run.path);
  const elsewhere = path.join(await temporaryFolder(), 'run');
  for (const folder of [
    runs,
    path.dirname(runs),
    path.dirname(path.dirname(runs)),
    path.join(run.path, 'control'),
  ])
    await expect(requireDeletable(folder), folder).rejects.toMatchObject({ name: 'RunReadError' });
  await mkdir(path.join(runs, 'photos'));
  await expect(requireDeletable(path.join(runs, 'photos'))).rejects.toMatchObject({ code: 'run/missing' });
  await writeFile(path.join(runs, 'photos', 'run.json'), '{}');
  await expect(requireDeletable(path.join(runs, 'photos'))).rejects.toMatchObject({ code: 'run/corrupt' });
  await rename(run.path, elsewhere);
  await expect(requireDeletable(elsewhere)).rejects.toThrow(/is not in a run folder/);
  await rm(elsewhere, { recursive: true });
});
