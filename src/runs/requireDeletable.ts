import path from 'node:path';
import { RunDirectory, workspaceFolderOf } from './runDirectory';
import { RunBusyError, RunReadError } from './runErrors';
import { readLiveTrainer } from './trainerLock';

/**
 * Makes sure that a folder that is to be deleted is a run: it lies directly in a runs folder, has a manifest that can be read,
 * and no trainer works on it. Throws RunReadError and RunBusyError.
 */
export async function requireDeletable(directory: string): Promise<void> {
  const run = new RunDirectory(directory);
  if (workspaceFolderOf(path.dirname(run.path)) === null || run.id.startsWith('.')) {
    throw new RunReadError(
      'run/unreadable',
      `${run.path} is not in a run folder (.recsight/runs), so it is not deleted.`,
    );
  }
  await run.readManifest();
  const trainer = await readLiveTrainer(run);
  if (trainer) throw new RunBusyError(run.id, trainer);
}
