import { isActive, type RunError } from '../protocol/run';
import { EventLogWriter } from './eventLog';
import type { RunDirectory } from './runDirectory';
import { RunWriteError } from './runErrors';
import { acquireTrainerLock } from './trainerLock';

/** How a run ended whose trainer cannot say so: it was killed, with a message for the log, or it never came to life. */
export type RecordedEnd = { status: 'stopped'; message: string } | { status: 'failed'; error: RunError };

/**
 * Writes down how a run ended, in the place of its trainer: `lost` would say less. A run that has ended in another way stays as it
 * is. Never throws: where this cannot be written, the run is shown as lost, which is true as well.
 */
export async function recordEnd(run: RunDirectory, end: RecordedEnd): Promise<void> {
  try {
    const lock = await acquireTrainerLock(run, { purpose: 'record' }).catch((failure: unknown) => {
      // A full disk has no room for a lock, nor for that of a trainer.
      if (failure instanceof RunWriteError && failure.code === 'disk/full') return null;
      throw failure;
    });
    try {
      const manifest = await run.readManifest();
      if (!isActive(manifest.status)) return;
      const now = Date.now();
      if (end.status === 'stopped') {
        const log = await EventLogWriter.open(run.eventsPath);
        log.append({ kind: 'log', level: 'warning', message: end.message });
        log.append({ kind: 'status', status: 'stopped' });
        log.close();
      }
      const error = end.status === 'failed' ? { error: end.error } : {};
      await run.writeLastManifest({
        ...manifest,
        status: end.status,
        ...error,
        updatedAt: now,
        finishedAt: now,
      });
    } finally {
      await lock?.release();
    }
  } catch {
    // Then the run is shown as lost.
  }
}
