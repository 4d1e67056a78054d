import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { systemErrorCode } from './runErrors';

const run = promisify(execFile);

/**
 * When a process was started, as text that only serves to be compared: a pid that was given to another process
 * has another start time. Null when there is no such process (a zombie counts as none), or on Windows, where
 * nothing cheap tells it.
 */
export async function readProcessStartTime(pid: number): Promise<string | null> {
  if (process.platform === 'linux') {
    return readFromProc(pid);
  }
  if (process.platform === 'win32') {
    return null;
  }
  try {
    const { stdout } = await run('ps', ['-o', 'state=,lstart=', '-p', String(pid)], {
      env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' },
      timeout: 2000,
    });
    const [state, ...startTime] = stdout.trim().split(/\s+/);
    return state === undefined || state === '' || state.startsWith('Z') ? null : startTime.join(' ');
  } catch (error) {
    // 1 says that there is no such process; anything else, that `ps` could not look.
    if ((error as { code?: unknown }).code === 1) return null;
    throw error;
  }
}

/**
 * Whether the process that had `startTime` is still there. `unsure` when the system could not be asked, and on systems
 * that tell only that some process has this pid (Windows, which could not be tested where this was written).
 */
export async function processIsAlive(pid: number, startTime: string): Promise<boolean | 'unsure'> {
  if (!Number.isInteger(pid) || pid <= 0) {
    return false;
  }
  if (process.platform !== 'win32' && startTime !== '') {
    try {
      return (await readProcessStartTime(pid)) === startTime;
    } catch {
      return 'unsure';
    }
  }
  try {
    process.kill(pid, 0);
    return 'unsure';
  } catch (error) {
    return systemErrorCode(error) === 'EPERM' ? 'unsure' : false;
  }
}

/** Field 22 of /proc/<pid>/stat counts clock ticks since boot; the boot id tells one boot from the next. */
async function readFromProc(pid: number): Promise<string | null> {
  try {
    const text = await readFile(`/proc/${pid}/stat`, 'utf8');
    // The command name in parentheses may itself hold spaces and parentheses.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const [state, startTicks] = [fields[0], fields[19]];
    if (state === undefined || startTicks === undefined || 'ZX'.includes(state)) {
      return null;
    }
    const bootId = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch((error: unknown) => {
      // Some containers have none to show. Left out for any other reason, it would make a live process look like another one.
      if (['ENOENT', 'EACCES', 'EPERM'].includes(systemErrorCode(error) ?? '')) return '';
      throw error;
    });
    return `${bootId.trim()}/${startTicks}`;
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'ENOENT' || code === 'ESRCH') return null;
    throw error;
  }
}
