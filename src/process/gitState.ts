import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { GitState } from '../protocol/run';

const run = promisify(execFile);
/** A run must not wait for the status of a huge or far-away work tree. */
const TIMEOUT_MS = 4000;

/**
 * The commit that `folder` is at, and whether anything was changed or added since. Null where there is no
 * repository, no commit, no git, or no answer within a few seconds.
 */
export async function readGitState(folder: string): Promise<GitState | null> {
  // Reading must not take locks that the user's own git commands would trip over.
  const env = { ...process.env, GIT_OPTIONAL_LOCKS: '0' };
  const git = async (...args: string[]) => {
    const { stdout } = await run('git', args, {
      cwd: folder,
      timeout: TIMEOUT_MS,
      maxBuffer: 64 * 1024 * 1024,
      env,
    });
    return stdout.trim();
  };
  try {
    const [commit, changes] = await Promise.all([git('rev-parse', 'HEAD'), git('status', '--porcelain')]);
    return { commit, dirty: changes !== '' };
  } catch {
    return null;
  }
}
