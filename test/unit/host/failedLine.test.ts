import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { failedLine, filesOfRun } from '../../../src/host/failedLine';
import type { RunDirectory } from '../../../src/runs/runDirectory';
import { makeOwnRun, modelFile } from '../userCode/ownRun';

let folder: string;
let run: RunDirectory;
const model = (): string => path.join(folder, 'models', 'mine.ts');

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'recsight-failed-'));
  vi.stubEnv('XDG_CONFIG_HOME', path.join(folder, 'settings'));
  ({ run } = await makeOwnRun(folder, { 'models/mine.ts': modelFile() }));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

async function lineOf(name: string, isOurs: (file: string) => boolean = () => true) {
  const error = { code: 'code/failed', message: `${name}:3:5: It has failed.` };
  const manifest = { ...(await run.readManifest()), error };
  return failedLine({ directory: run.path, manifest }, isOurs);
}

it('finds the file from the workspace of the run, also where the window shows only a folder of it', async () => {
  const shown = path.join(folder, 'models') + path.sep;
  expect(await lineOf('models/mine.ts', (file) => file.startsWith(shown))).toEqual({
    file: model(),
    line: 3,
    column: 5,
    message: 'It has failed.',
  });
  expect(await filesOfRun(run.path, [model(), path.join(folder, 'mine.ts')])).toEqual([model()]);
});

it('tells nothing of a file that is not ours, has changed, or is gone with its copy', async () => {
  expect(await lineOf('models/mine.ts', () => false)).toBeNull();
  await writeFile(model(), modelFile({ top: '// changed' }));
  expect(await lineOf('models/mine.ts')).toBeNull();
  await rm(model());
  await rm(path.join(run.path, 'code'), { recursive: true });
  expect(await lineOf('models/mine.ts')).toBeNull();
});

it('reads nothing that a run does not list as its code', async () => {
  await writeFile(path.join(folder, 'secret.ts'), '');
  await writeFile(path.join(run.path, 'secret.ts'), '');
  for (const name of ['../secret.ts', 'secret.ts', 'models/other.ts']) expect(await lineOf(name)).toBeNull();
});

it.skipIf(process.platform === 'win32')('follows no link in a run', async () => {
  const copy = path.join(run.path, 'code', 'models', 'mine.ts');
  await rm(copy);
  await symlink(model(), copy);
  expect(await lineOf('models/mine.ts')).toBeNull();
  expect(await filesOfRun(run.path, [model()])).toEqual([]);
});
