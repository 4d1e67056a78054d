import { execFile } from 'node:child_process';
import { devNull } from 'node:os';
import { promisify } from 'node:util';
import type { GitState } from '../protocol/run';
import { findProgram } from './findProgram';

const run = promisify(execFile);
/** A run must not wait for the status of a huge or far-away work tree. */
const TIMEOUT_MS = 4000;

/**
 * A repository's own settings can name programs that git starts. Nobody who trains a model has agreed to run them: the folder
 * may be one that somebody else made.
 */
const HARMLESS = {
  'core.fsmonitor': 'false',
  'core.hooksPath': devNull,
  // A repository within the files of another one brings settings with a mere clone.
  'safe.bareRepository': 'explicit',
  // Nothing is fetched: neither through a transport nor with the programs that it names.
  'protocol.allow': 'never',
};

/**
 * The commit that `folder` is at, and whether anything was changed or added since, other than inside of submodules. Null
 * where there is no repository, no commit, no git, or no answer within a few seconds. Starts no program but git.
 */
export async function readGitState(folder: string): Promise<GitState | null> {
  const program = await findProgram('git');
  if (program === null) return null;
  const settings = Object.entries(HARMLESS);
  const git = async (...args: string[]) => {
    const flags = settings.flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const { stdout } = await run(program, [...flags, ...args], {
      cwd: folder,
      timeout: TIMEOUT_MS,
      maxBuffer: 64 * 1024 * 1024,
      // Reading must not take locks that the user's own git commands would trip over, and must not fetch.
      env: { ...process.env, GIT_OPTIONAL_LOCKS: '0', GIT_NO_LAZY_FETCH: '1', GIT_TERMINAL_PROMPT: '0' },
    });
    return stdout;
  };
  try {
    for (const driver of await ownFilters(git)) {
      settings.push([`filter.${driver}.process`, ''], [`filter.${driver}.required`, 'false']);
    }
    const [commit, changes] = await Promise.all([
      git('rev-parse', 'HEAD'),
      // Submodules have settings of their own.
      git('status', '--porcelain', '--ignore-submodules=dirty'),
    ]);
    return { commit: commit.trim(), dirty: changes.trim() !== '' };
  } catch {
    return null;
  }
}

/**
 * The names of the filters that the repository itself defines. `git status` runs a file through its filter to compare it; those
 * that the user has installed for all repositories, as Git LFS is, may do so.
 * @throws Error for names that cannot be switched off
 */
async function ownFilters(git: (...args: string[]) => Promise<string>): Promise<Set<string>> {
  const listed = await git(
    'config',
    '--show-scope',
    '--name-only',
    '-z',
    '--get-regexp',
    '^filter\\..*\\.(clean|process)$',
  ).catch((error: unknown) => {
    // That is how git says that there is none.
    if ((error as { code?: unknown }).code === 1) return '';
    throw error;
  });
  const fields = listed.split('\0');
  const drivers = new Set<string>();
  for (let index = 0; index + 1 < fields.length; index += 2) {
    const [scope, name] = [fields[index]!, fields[index + 1]!];
    if (scope !== 'local' && scope !== 'worktree') continue;
    const driver = name.slice('filter.'.length, name.lastIndexOf('.'));
    // `-c` takes what comes before the first sign for the name.
    if (driver.includes('=')) throw new Error(`The filter ${driver} cannot be disabled.`);
    drivers.add(driver);
  }
  return drivers;
}
