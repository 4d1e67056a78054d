import { lstat, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { requirePlainFolder } from './plainFiles';

/*
 * What processes that died in the middle of a write leave behind. Nothing reads it; it only takes space. Other processes
 * may be writing the same kinds of files, so only what is old goes, and what only the holder of a run's lock writes.
 * Nothing depends on it, so what cannot be removed stays.
 */

const TEMPORARY_FILE = /\.[0-9a-f]{8}\.tmp$/;
const CLAIM = /^process\.[0-9a-f]{16}\.claim$/;
const UNFINISHED_RUN = /^\.\d{8}-\d{6}-[a-z0-9-]+-[0-9a-f]{4}$/;
/** No write takes as long, in ms. */
const OLD = 60 * 60 * 1000;

/** Removes leftovers from a run. The caller holds its lock. */
export async function sweepRun(directory: string): Promise<void> {
  const checkpoints = path.join(directory, 'checkpoints');
  const folders = (await namesOf(checkpoints)).map((name) => path.join(checkpoints, name));
  const written = ['evaluation', 'candidates'].map((name) => path.join(directory, name));
  for (const folder of [directory, ...written, ...folders]) {
    await removeMatching(folder, TEMPORARY_FILE, 0);
  }
  await removeMatching(directory, CLAIM, OLD);
  for (const folder of ['control', 'projection', 'attention']) {
    await removeMatching(path.join(directory, folder), TEMPORARY_FILE, OLD);
  }
}

/** Removes runs that were never made to their end from a folder of runs. */
export async function sweepRuns(runsDirectory: string): Promise<void> {
  await removeMatching(runsDirectory, UNFINISHED_RUN, OLD);
}

async function removeMatching(folder: string, pattern: RegExp, minAge: number): Promise<void> {
  for (const name of (await namesOf(folder)).filter((each) => pattern.test(each))) {
    const file = path.join(folder, name);
    try {
      // Not `stat`: a link is removed for its own age, and never what it leads to.
      if (Date.now() - (await lstat(file)).mtimeMs >= minAge)
        await rm(file, { recursive: true, force: true });
    } catch {
      // It stays, or somebody else was faster.
    }
  }
}

async function namesOf(folder: string): Promise<string[]> {
  try {
    await requirePlainFolder(folder);
    return await readdir(folder);
  } catch {
    return [];
  }
}
