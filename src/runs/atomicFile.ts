import { randomBytes } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { requirePlainFolder } from './plainFiles';
import { systemErrorCode, toWriteError } from './runErrors';

/**
 * Replaces a file so that a reader sees either the old content or the new, never a part, and so that a failed
 * write leaves the old file intact. The folder must exist. Throws RunWriteError (`disk/full`, `run/write-failed`).
 * @param beforeReplacing called at the last moment before the new content takes effect, which does not happen when it
 *   throws; the error is passed on as it is
 */
export async function writeFileAtomically(
  path: string,
  content: string | Uint8Array,
  beforeReplacing: () => void = () => undefined,
): Promise<void> {
  const temporary = `${path}.${randomBytes(4).toString('hex')}.tmp`;
  try {
    const file = await open(temporary, 'wx');
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    await discard(temporary);
    throw toWriteError(error, path);
  }
  try {
    beforeReplacing();
  } catch (error) {
    await discard(temporary);
    throw error;
  }
  try {
    await renameOver(temporary, path);
  } catch (error) {
    await discard(temporary);
    throw toWriteError(error, path);
  }
}

/**
 * Makes a folder, if it is not there, in one that must be: what is written late into a run that was removed meanwhile must
 * not bring a part of it back. Throws RunWriteError, also where a link or file is in its place.
 */
export async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder).catch((error: unknown) => {
      if (systemErrorCode(error) !== 'EEXIST') throw error;
    });
    await requirePlainFolder(folder);
  } catch (error) {
    throw toWriteError(error, folder);
  }
}

/** What led here is what the caller has to hear, not that the remains could not be removed either. */
async function discard(temporary: string): Promise<void> {
  await rm(temporary, { force: true }).catch(() => undefined);
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
