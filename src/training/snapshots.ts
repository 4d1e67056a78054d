import { rm } from 'node:fs/promises';
import type * as tf from '@tensorflow/tfjs-core';
import type { RunDirectory } from '../runs/runDirectory';
import { toWriteError } from '../runs/runErrors';
import { saveCheckpoint } from '../inference/checkpoint';
import type { TrainingState } from '../runs/checkpointState';

const SNAPSHOT_NAME = /^epoch-(\d+)$/;

/**
 * Distance between the epochs of which the weights are kept after so many epochs: the smallest power of two for which there
 * are no more than `limit` of them. It follows from nothing else, so a resumed run keeps what an uninterrupted one keeps.
 */
export function snapshotStride(epoch: number, limit: number): number {
  let stride = 1;
  while (Math.floor(epoch / stride) > limit) stride *= 2;
  return stride;
}

/**
 * Keeps the weights after an epoch as `epoch-N` where it is one of those that are kept.
 * @param state as it is after the epoch
 * @param limit snapshots that there may be; 0 keeps none
 * @param beforeReplacing see `saveCheckpoint`
 * @throws RunWriteError, and what `beforeReplacing` throws
 */
export async function keepSnapshot(
  run: RunDirectory,
  variables: ReadonlyMap<string, tf.Variable>,
  state: TrainingState,
  limit: number,
  beforeReplacing: () => void,
): Promise<void> {
  const epoch = state.epoch - 1;
  if (limit > 0 && epoch % snapshotStride(epoch, limit) === 0)
    await saveCheckpoint(run.checkpointPath(`epoch-${epoch}`), variables, null, state, beforeReplacing);
}

/**
 * Removes the snapshots that are not among those to keep after so many epochs.
 * @param limit snapshots that there may be; 0 leaves those that there are
 * @param beforeRemoving called before the first is removed
 * @throws RunWriteError, and what `beforeRemoving` throws
 */
export async function removeOldSnapshots(
  run: RunDirectory,
  epoch: number,
  limit: number,
  beforeRemoving: () => void,
): Promise<void> {
  if (limit === 0) return;
  const stride = snapshotStride(epoch, limit);
  beforeRemoving();
  for (const name of await run.checkpoints()) {
    const kept = SNAPSHOT_NAME.exec(name)?.[1];
    if (kept === undefined || Number(kept) % stride === 0) continue;
    const folder = run.checkpointPath(name);
    await rm(folder, { recursive: true, force: true }).catch((error: unknown) => {
      throw toWriteError(error, folder);
    });
  }
}
