import { createHash, randomBytes } from 'node:crypto';
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TrainerProcess } from '../protocol/run';
import { writeFileAtomically } from './atomicFile';
import { processIsAlive, readProcessStartTime } from './processStartTime';
import { RunBusyError, systemErrorCode, toWriteError } from './runErrors';
import type { RunDirectory } from './runDirectory';
import { findMisfit, parseRunJson, stringifyRunJson, type Shape } from './runJson';

/** How a trainer process ends when it finds another trainer at work, so that who started it can tell (EX_TEMPFAIL). */
export const BUSY_EXIT_CODE = 75;
/** After this many ms without a heartbeat a trainer on another host, whose pid says nothing here, counts as dead. */
const HEARTBEAT_TIMEOUT_MS = 15_000;
/** A lock file without content this young is one that its owner is just writing. */
const UNWRITTEN_GRACE_MS = 2_000;

const PROCESS_SHAPE: Shape = {
  pid: 'number',
  processStartTime: 'string',
  host: 'string',
  nonce: 'string',
  heartbeat: 'number',
};

/** The right to train a run. Held by one process at a time. */
export interface TrainerLock {
  /** Says that the trainer lives; to be called every few seconds. Throws RunBusyError when another trainer took over. */
  heartbeat(): Promise<void>;
  /** Gives the run free. To be called after the last manifest is written. Does nothing when the lock is lost. */
  release(): Promise<void>;
}

/**
 * Makes this process the trainer of a run by writing `process.json`. What a dead trainer left is taken over; of two
 * processes that try at the same time exactly one wins. Throws RunBusyError when a live trainer has the run, and
 * RunWriteError.
 */
export async function acquireTrainerLock(run: RunDirectory): Promise<TrainerLock> {
  const own: TrainerProcess = {
    pid: process.pid,
    processStartTime: (await readProcessStartTime(process.pid).catch(() => null)) ?? '',
    host: hostname(),
    nonce: randomBytes(16).toString('hex'),
    heartbeat: Date.now(),
  };
  for (;;) {
    if (await createExclusively(run.processPath, own)) {
      return makeLock(run, own);
    }
    const holder = await readHolder(run.processPath);
    if (holder.state === 'alive') {
      throw new RunBusyError(run.id, holder.process);
    }
    if (holder.state === 'dead' && (await takeOver(run, own, holder.key))) {
      return makeLock(run, own);
    }
    // It is gone, is just being written, or was replaced meanwhile: look again.
    await sleep(20);
  }
}

/** Whether a live trainer holds the run. */
export async function trainerIsAlive(run: RunDirectory): Promise<boolean> {
  return (await readLiveTrainer(run)) !== null;
}

/** Whether any trainer, dead or alive, has left its mark since the run was last free. */
export async function trainerHasClaimed(run: RunDirectory): Promise<boolean> {
  return (await readHolder(run.processPath)).state !== 'none';
}

/** The live trainer of a run, or null. */
export async function readLiveTrainer(run: RunDirectory): Promise<TrainerProcess | null> {
  const holder = await readHolder(run.processPath);
  return holder.state === 'alive' ? holder.process : null;
}

type Holder =
  | { state: 'none' | 'unwritten' }
  | { state: 'alive'; process: TrainerProcess }
  | { state: 'dead'; key: string };

async function readHolder(file: string): Promise<Holder> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch {
    return { state: 'none' };
  }
  const claimed = parseProcess(text);
  if (claimed === null) {
    const age =
      Date.now() -
      (await stat(file)
        .then((info) => info.mtimeMs)
        .catch(() => 0));
    return age < UNWRITTEN_GRACE_MS ? { state: 'unwritten' } : { state: 'dead', key: keyOf(text) };
  }
  return (await isAlive(claimed))
    ? { state: 'alive', process: claimed }
    : { state: 'dead', key: keyOf(claimed.nonce) };
}

async function isAlive(trainer: TrainerProcess): Promise<boolean> {
  const isFresh = Math.abs(Date.now() - trainer.heartbeat) < HEARTBEAT_TIMEOUT_MS;
  if (trainer.host !== hostname()) {
    return isFresh;
  }
  const alive = await processIsAlive(trainer.pid, trainer.processStartTime);
  return alive === 'unsure' ? isFresh : alive;
}

/**
 * Replaces the `process.json` of a dead trainer. Only who holds the claim file made for that dead trainer may do so,
 * and only while the file is still the one that was found dead; so two who try cannot both succeed. A claim whose
 * owner died is itself claimed in the same way. Returns false when someone else was faster.
 */
async function takeOver(run: RunDirectory, own: TrainerProcess, deadKey: string): Promise<boolean> {
  const claims: string[] = [];
  let key = deadKey;
  for (;;) {
    const claim = path.join(run.path, `process.${key}.claim`);
    if (await createExclusively(claim, own)) {
      claims.push(claim);
      break;
    }
    const holder = await readHolder(claim);
    if (holder.state !== 'dead') {
      return false;
    }
    claims.push(claim);
    key = holder.key;
  }
  try {
    const current = await readHolder(run.processPath);
    if (current.state !== 'dead' || current.key !== deadKey) {
      return false;
    }
    await writeFileAtomically(run.processPath, stringifyRunJson(own));
    return true;
  } finally {
    for (const claim of claims) {
      await rm(claim, { force: true });
    }
  }
}

function makeLock(run: RunDirectory, own: TrainerProcess): TrainerLock {
  const readOwner = async () => parseProcess(await readFile(run.processPath, 'utf8').catch(() => ''));
  let isReleased = false;
  let lastBeat: Promise<void> = Promise.resolve();
  const beat = async () => {
    const owner = await readOwner();
    if (owner !== null && owner.nonce !== own.nonce) {
      throw new RunBusyError(run.id, owner);
    }
    await writeFileAtomically(run.processPath, stringifyRunJson({ ...own, heartbeat: Date.now() }));
  };
  return {
    async heartbeat() {
      if (!isReleased) {
        lastBeat = beat();
        await lastBeat;
      }
    },
    async release() {
      isReleased = true;
      // A heartbeat that is under way would write the file again after it was removed.
      await lastBeat.catch(() => undefined);
      if ((await readOwner())?.nonce === own.nonce) {
        await rm(run.processPath, { force: true });
      }
    },
  };
}

/** Returns false when the file is there already. */
async function createExclusively(file: string, own: TrainerProcess): Promise<boolean> {
  try {
    await writeFile(file, stringifyRunJson(own), { flag: 'wx' });
    return true;
  } catch (error) {
    if (systemErrorCode(error) === 'EEXIST') {
      return false;
    }
    // It may have been made but not filled.
    await rm(file, { force: true });
    throw toWriteError(error, file);
  }
}

function parseProcess(text: string): TrainerProcess | null {
  try {
    const value = parseRunJson(text);
    return findMisfit(value, PROCESS_SHAPE) === null ? (value as TrainerProcess) : null;
  } catch {
    return null;
  }
}

/** Part of a file name; hashed because a damaged file may hold anything. */
function keyOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
