import { randomBytes } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemErrorCode, toWriteError } from './runErrors';

/**
 * Replaces a file so that a reader sees either the old content or the new, never a part, and so that a failed
 * write leaves the old file intact. The folder must exist. Throws RunWriteError (`disk/full`, `run/write-failed`).
 */
export async function writeFileAtomically(path: string, content: string | Uint8Array): Promise<void> {
  const temporary = `${path}.${randomBytes(4).toString('hex')}.tmp`;
  try {
    const file = await open(temporary, 'wx');
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await renameOver(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw toWriteError(error, path);
  }
}

/** On Windows a reader or a virus scanner that has the target open makes rename fail for a moment. */
async function renameOver(from: string, to: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      await rename(from, to);
      return;
    } catch (error) {
      const isPassing =
        process.platform === 'win32' && ['EPERM', 'EACCES', 'EBUSY'].includes(systemErrorCode(error) ?? '');
      if (!isPassing || attempt === 10) {
        throw error;
      }
      await sleep(20 * (attempt + 1));
    }
  }
}
