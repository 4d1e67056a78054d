import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { errorText, systemReason } from '../protocol/errorText';
import { endedEarly, isActive, type RunManifest, type RunStatus, type RunSummary } from '../protocol/run';
import { followCheckpoints } from './checkpointState';
import { RunDirectory } from './runDirectory';
import { meansMissing, RunReadError } from './runErrors';
import { trainerHasClaimed, trainerIsAlive } from './trainerLock';

/** A trainer needs a moment from the making of the run to its first `process.json`, in ms. */
const START_GRACE_MS = 15_000;
/** Runs read at the same time; more do not make a list faster. */
const CONCURRENCY = 32;

/** All runs of a directory, and what looked like one but cannot be read. */
export interface RunList {
  /** Newest first. */
  runs: RunSummary[];
  unreadable: { directory: string; message: string }[];
}

/**
 * Reads a run and derives its status: a run whose recorded status needs a trainer is `lost` when none is alive.
 * What a lost run has reached is what it has saved. Throws RunReadError.
 */
export async function readRun(directory: string): Promise<RunSummary> {
  const run = new RunDirectory(directory);
  const manifest = await run.readManifest();
  if (!isActive(manifest.status) || (await hasTrainer(run, manifest))) {
    return summary(run, manifest, manifest.status);
  }
  // The trainer may have ended properly between the two looks: its last word counts.
  const newest = await run.readManifest();
  const status: RunStatus =
    isActive(newest.status) && !(await hasTrainer(run, newest)) ? 'lost' : newest.status;
  return summary(run, newest, status);
}

async function summary(run: RunDirectory, manifest: RunManifest, status: RunStatus): Promise<RunSummary> {
  const resumable = endedEarly(status) && (await run.hasCheckpoint());
  const saved = status === 'lost' ? await followCheckpoints(run, manifest) : manifest;
  return { directory: run.path, manifest: saved, status, resumable };
}

async function hasTrainer(run: RunDirectory, manifest: RunManifest): Promise<boolean> {
  if (await trainerIsAlive(run)) {
    return true;
  }
  const age = Date.now() - manifest.createdAt;
  // A time in the future, of a clock that was wrong, is no grace.
  const isStarting = manifest.status === 'preparing' && age >= 0 && age < START_GRACE_MS;
  return isStarting && !(await trainerHasClaimed(run));
}

/** Reads all runs below `runsDirectory`, which may not exist. One that cannot be read does not hide the others. */
export async function listRuns(runsDirectory: string): Promise<RunList> {
  const directories = await listRunDirectories(runsDirectory);
  const list: RunList = { runs: [], unreadable: [] };
  const waiting = directories.values();
  const work = async () => {
    for (const directory of waiting) {
      try {
        list.runs.push(await readRun(directory));
      } catch (error) {
        list.unreadable.push({ directory, message: errorText(error) });
      }
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
  list.runs.sort(
    (a, b) => b.manifest.createdAt - a.manifest.createdAt || (a.directory < b.directory ? 1 : -1),
  );
  list.unreadable.sort((a, b) => (a.directory < b.directory ? 1 : -1));
  return list;
}

/** Absolute paths of the folders below `runsDirectory` that can be runs. Hidden ones are being made or deleted. */
export async function listRunDirectories(runsDirectory: string): Promise<string[]> {
  try {
    const entries = await readdir(runsDirectory, { withFileTypes: true });
    return entries
      .filter((entry) => (entry.isDirectory() || entry.isSymbolicLink()) && !entry.name.startsWith('.'))
      .map((entry) => path.resolve(runsDirectory, entry.name));
  } catch (error) {
    if (meansMissing(error)) return [];
    throw new RunReadError('run/unreadable', `${runsDirectory} cannot be read (${systemReason(error)}).`);
  }
}
