import { mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { findRunsDirectories, runsDirectoriesOf, workspaceFolderFor } from '../../../src/runs/workspaceRuns';
import { temporaryFolder } from './newRun';

afterEach(() => vi.unstubAllEnvs());

/** Makes folders, and files where a name ends otherwise than in a slash. */
async function tree(...names: string[]): Promise<string> {
  const folder = await temporaryFolder();
  for (const name of names) {
    const place = path.join(folder, name);
    await mkdir(name.endsWith('/') ? place : path.dirname(place), { recursive: true });
    if (!name.endsWith('/')) await writeFile(place, 'gitdir: elsewhere\n');
  }
  return folder;
}

test.each([
  ['the git root, whatever runs lie beside the config', ['a/.git/', 'a/b/c/.recsight/runs/'], 'a/b/c', 'a'],
  ['a linked work tree, whose .git is a file', ['a/.git/', 'a/b/.git', 'a/b/c/'], 'a/b/c', 'a/b'],
  ['the git root, whatever lies above', ['.recsight/runs/', 'a/.git/', 'a/b/'], 'a/b', 'a'],
  ['the highest with runs, without git', ['a/.recsight/runs/', 'a/b/c/.recsight/runs/'], 'a/b/c', 'a'],
  [
    'no folder that has only settings',
    ['a/.recsight/cache/', 'a/b/.recsight/runs/', 'a/b/c/'],
    'a/b/c',
    'a/b',
  ],
  ['what was asked for, without either', ['a/b/'], 'a/b', 'fallback'],
])('the workspace is %s', async (_, names, start, expected) => {
  const folder = await tree(...names);
  const found = workspaceFolderFor(path.join(folder, start), path.join(folder, 'fallback'));
  expect(path.relative(folder, found)).toBe(expected);
});

test('the home folder and what is above it swallow nothing', async () => {
  const folder = await tree('.recsight/runs/', 'me/.git/', 'me/.recsight/runs/', 'me/project/configs/');
  vi.stubEnv('HOME', path.join(folder, 'me'));
  const configs = path.join(folder, 'me', 'project', 'configs');
  expect(workspaceFolderFor(configs, configs)).toBe(configs);
  await mkdir(path.join(folder, 'me', 'project', '.recsight', 'runs'), { recursive: true });
  expect(workspaceFolderFor(configs, configs)).toBe(path.join(folder, 'me', 'project'));
});

test('runs that lie deeper are found, but not in hidden, installed or linked folders', async () => {
  const folder = await tree(
    '.recsight/runs/',
    'configs/deep/.recsight/runs/',
    'configs/.recsight/cache/',
    'node_modules/x/.recsight/runs/',
    '.git/x/.recsight/runs/',
    '1/2/3/4/5/6/.recsight/runs/',
    '1/2/3/4/5/6/7/.recsight/runs/',
  );
  await symlink(path.join(folder, 'configs'), path.join(folder, 'linked'));
  const found = await findRunsDirectories(folder);
  expect(found.map((directory) => path.relative(folder, directory).replaceAll(path.sep, '/'))).toEqual([
    '.recsight/runs',
    'configs/deep/.recsight/runs',
    '1/2/3/4/5/6/.recsight/runs',
  ]);
});

test('a workspace has a place for new runs, then all that are there, from wherever one looks', async () => {
  const folder = await tree('.git/', 'a/.recsight/runs/', 'a/b/c/', 'd/.recsight/runs/');
  for (const start of ['.', 'a', 'a/b/c']) {
    const places = await runsDirectoriesOf(path.join(folder, start));
    expect(places.map((place) => path.relative(folder, place).replaceAll(path.sep, '/'))).toEqual([
      '.recsight/runs',
      'a/.recsight/runs',
      'd/.recsight/runs',
    ]);
  }
});
