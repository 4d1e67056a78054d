import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { readGitState } from '../../../src/process/gitState';
import { temporaryFolder } from '../runs/newRun';

afterEach(() => {
  vi.unstubAllEnvs();
});

test('no repository, an empty one, a clean one, a changed one, no git', async () => {
  const folder = await temporaryFolder();
  // Whatever is above the temporary folder is not meant.
  vi.stubEnv('GIT_CEILING_DIRECTORIES', path.dirname(folder));
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.org', ...args], {
      cwd: folder,
      encoding: 'utf8',
    });
  expect(await readGitState(folder)).toBeNull();
  git('init', '-q');
  expect(await readGitState(folder)).toBeNull();
  await writeFile(path.join(folder, 'a.txt'), 'a');
  git('add', '.');
  git('commit', '-qm', 'a');
  const commit = git('rev-parse', 'HEAD').trim();
  expect(commit).toMatch(/^[0-9a-f]{40}$/);
  expect(await readGitState(folder)).toEqual({ commit, dirty: false });
  await writeFile(path.join(folder, 'b.txt'), 'b');
  expect(await readGitState(folder)).toEqual({ commit, dirty: true });
  vi.stubEnv('PATH', '/nowhere');
  expect(await readGitState(folder)).toBeNull();
  expect(await readGitState(path.join(folder, 'gone'))).toBeNull();
});
