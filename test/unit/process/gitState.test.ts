import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { candidates, findProgram } from '../../../src/process/findProgram';
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

describe('a repository that somebody else has made', () => {
  /** A repository with one commit and a change, and a program that leaves a marker when git starts it. */
  async function makeRepository() {
    const folder = await temporaryFolder();
    const [repository, marker] = [path.join(folder, 'repository'), path.join(folder, 'was-run')];
    const program = path.join(folder, 'program');
    await writeFile(program, `#!/bin/sh\necho "$0" >> '${marker}'\ncat\n`);
    await chmod(program, 0o755);
    await mkdir(repository);
    const git = (...args: string[]) =>
      execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.org', ...args], {
        cwd: repository,
        input: '',
        stdio: 'pipe',
      }).toString();
    git('init', '-q');
    await writeFile(path.join(repository, 'a.txt'), 'a');
    await writeFile(path.join(repository, '.gitattributes'), '* filter=own\n');
    git('add', '.');
    git('commit', '-qm', 'a');
    const commit = git('rev-parse', 'HEAD').trim();
    // As long as before, so that git has to read it.
    await writeFile(path.join(repository, 'a.txt'), 'b');
    return { repository, marker, program, git, commit };
  }

  test.skipIf(process.platform === 'win32').each([
    ['core.fsmonitor', (program: string) => [['core.fsmonitor', program]]],
    [
      'a filter',
      (program: string) => [
        ['filter.own.clean', program],
        ['filter.own.required', 'true'],
      ],
    ],
    ['a filter process', (program: string) => [['filter.own.process', program]]],
  ])('starts no program by %s', async (_, settings) => {
    const { repository, marker, program, git, commit } = await makeRepository();
    for (const [name, value] of settings(program)) git('config', name!, value!);
    expect(await readGitState(repository)).toEqual({ commit, dirty: true });
    expect(existsSync(marker)).toBe(false);
    // That is what the settings would have done.
    git('status', '--porcelain');
    expect(existsSync(marker)).toBe(true);
  });

  test.skipIf(process.platform === 'win32')('starts no program by settings within its files', async () => {
    const { repository, marker, program, git } = await makeRepository();
    const bare = path.join(repository, 'data');
    git('init', '-q', '--bare', 'data');
    await rm(path.join(repository, '.git'), { recursive: true });
    vi.stubEnv('GIT_CEILING_DIRECTORIES', path.dirname(repository));
    git('-C', bare, 'config', 'core.bare', 'false');
    git('-C', bare, 'config', 'core.worktree', repository);
    git('-C', bare, 'config', 'core.fsmonitor', program);
    git('-C', bare, 'add', '.');
    git('-C', bare, 'commit', '-qm', 'a');
    await rm(marker, { force: true });
    expect(await readGitState(bare)).toBeNull();
    expect(existsSync(marker)).toBe(false);
    git('-C', bare, 'status', '--porcelain');
    expect(existsSync(marker)).toBe(true);
  });
});

describe('programs', () => {
  test('are looked for in absolute folders of the PATH only', async () => {
    const env = { PATH: ['.', 'bin', '', '/usr/bin', '/bin'].join(':') };
    expect(candidates('git', env, 'linux')).toEqual(['/usr/bin/git', '/bin/git']);
    const windows = { Path: '.;;tools;C:\\Git\\cmd;D:\\x' };
    expect(candidates('git.exe', windows, 'win32')).toEqual(
      candidates('git', windows, 'win32').filter((file) => file.endsWith('.exe')),
    );
    expect(candidates('git', windows, 'win32')).toEqual([
      'C:\\Git\\cmd\\git.exe',
      'C:\\Git\\cmd\\git.com',
      'D:\\x\\git.exe',
      'D:\\x\\git.com',
    ]);
    expect(await findProgram('git', {})).toBeNull();
  });

  test.skipIf(process.platform === 'win32')('are files that may be run', async () => {
    const folder = await temporaryFolder();
    const [first, second] = [path.join(folder, 'first'), path.join(folder, 'second')];
    await mkdir(path.join(first, 'tool'), { recursive: true });
    await writeFile(path.join(first, 'other'), '');
    await mkdir(second);
    for (const name of ['tool', 'other']) {
      await writeFile(path.join(second, name), '#!/bin/sh\n');
      await chmod(path.join(second, name), 0o755);
    }
    const env = { PATH: `${first}:${second}` };
    expect(await findProgram('tool', env)).toBe(path.join(second, 'tool'));
    expect(await findProgram('other', env)).toBe(path.join(second, 'other'));
  });
});
