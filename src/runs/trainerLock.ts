import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { open, readFile, rm, stat, type FileHandle } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemReason } from '../protocol/errorText';
import type { TrainerProcess } from '../protocol/run';
import { writeFileAtomically } from './atomicFile';
import { NotPlainError, requirePlainFile } from './plainFiles';
import { processIsAlive, readProcessStartTime } from './processStartTime';
import {
  meansMissing,
  RunBusyError,
  RunReadError,
  RunWriteError,
  systemErrorCode,
  toWriteError,
} from './runErrors';
import type { RunDirectory } from './runDirectory';
import { findMisfit, parseRunJson, stringifyRunJson, type Shape } from './runJson';

/** How a trainer process ends when it finds another trainer at work, so that who started it can tell (EX_TEMPFAIL). */
export const BUSY_EXIT_CODE = 75;
/** After this many ms without a heartbeat a trainer on another host, whose pid says nothing here, counts as dead. */
const HEARTBEAT_TIMEOUT_MS = 15_000;
/** A lock file without content this young is one that its owner is just writing. */
const UNWRITTEN_GRACE_MS = 2_000;
/** Whoever takes over a trainer whose process cannot be looked up first waits this long for a heartbeat, in ms. */
const TAKEOVER_WATCH_MS = 8_000;
/** Taking a run needs a few milliseconds; after this many something is in the way for good. */
const ACQUIRE_TIMEOUT_MS = 10_000;
const RETRY_MS = 20;

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
  /**
   * To be called before anything is written: a process that was frozen for long may wake up in a run that another trainer
   * has taken over. Throws RunBusyError then, and RunWriteError when the run was removed.
   */
  check(): void;
  /** Gives the run free. To be called after the last manifest is written. Does nothing when the lock is lost. */
  release(): Promise<void>;
}

export interface AcquireOptions {
  /** Ms for which the last sign of a trainer that cannot be looked up is watched before it is taken over. */
  watchMs?: number;
  /** Ms after which something counts as being in the way. */
  timeoutMs?: number;
  /** `record`: not to train the run, only to write down how its trainer ended. Nobody ends this process to stop the run. */
  purpose?: 'record';
}

/**
 * Makes this process the trainer of a run by writing `process.json`. What a dead trainer left is taken over; of two
 * processes that try at the same time exactly one wins. Throws RunBusyError when a live trainer has the run, RunReadError,
 * and RunWriteError, which names the file that is in the way.
 */
export async function acquireTrainerLock(
  run: RunDirectory,
  { watchMs = TAKEOVER_WATCH_MS, timeoutMs = ACQUIRE_TIMEOUT_MS, purpose }: AcquireOptions = {},
): Promise<TrainerLock> {
  const own: TrainerProcess = {
    pid: process.pid,
    processStartTime: (await readProcessStartTime(process.pid).catch(() => null)) ?? '',
    host: hostname(),
    nonce: randomBytes(16).toString('hex'),
    heartbeat: Date.now(),
    ...(purpose !== undefined && { purpose }),
  };
  let deadline = performance.now() + timeoutMs;
  for (;;) {
    if (await createExclusively(run.processPath, own)) {
      return makeLock(run, own);
    }
    let inTheWay = run.processPath;
    const holder = await readHolder(run.processPath);
    if (holder.state === 'alive') {
      throw new RunBusyError(run.id, holder.process);
    }
    if (holder.state === 'dead') {
      if (holder.isSilent) {
        deadline += watchMs;
      }
      if (!holder.isSilent || (await staysSilent(run.processPath, holder.key, watchMs))) {
        const claim = await takeOver(run, own, holder.key);
        if (claim === null) {
          return makeLock(run, own);
        }
        inTheWay = claim;
      }
    }
    if (holder.state === 'blocked' || performance.now() > deadline) {
      throw new RunWriteError(
        'run/write-failed',
        `${run.id} cannot be started, because ${inTheWay} is in the way. If no trainer is working on the run, delete that file.`,
      );
    }
    // It is gone, is just being written, or was replaced meanwhile: look again.
    await sleep(RETRY_MS);
  }
}

/** Whether a live trainer holds the run, or just takes it. Throws RunReadError when that cannot be found out. */
export async function trainerIsAlive(run: RunDirectory): Promise<boolean> {
  const { state } = await readHolder(run.processPath);
  return state === 'alive' || state === 'unwritten';
}

/** Whether any trainer, dead or alive, has left its mark since the run was last free. Throws RunReadError. */
export async function trainerHasClaimed(run: RunDirectory): Promise<boolean> {
  return (await readHolder(run.processPath)).state !== 'none';
}

/** The live process that holds a run, or null. Throws RunReadError when that cannot be found out. */
export async function readLiveTrainer(run: RunDirectory): Promise<TrainerProcess | null> {
  const holder = await readHolder(run.processPath);
  return holder.state === 'alive' ? holder.process : null;
}

type Holder =
  /** `blocked`: there is something that is no file. */
  | { state: 'none' | 'unwritten' | 'blocked' }
  | { state: 'alive'; process: TrainerProcess }
  /** @property isSilent only missing heartbeats speak for its death */
  | { state: 'dead'; key: string; isSilent: boolean };

async function readHolder(file: string): Promise<Holder> {
  try {
    await requirePlainFile(file);
    const text = await readFile(file, 'utf8');
    const claimed = parseProcess(text);
    if (claimed === null) {
      const { ino, mtimeMs } = await stat(file);
      // A time in the future, of a clock that was wrong, is no grace.
      if (Math.abs(Date.now() - mtimeMs) < UNWRITTEN_GRACE_MS) return { state: 'unwritten' };
      // The content is no name: two files may be damaged in the same way.
      const key = keyOf(`${path.basename(file)} ${ino} ${mtimeMs} ${text}`);
      return { state: 'dead', key, isSilent: false };
    }
    const alive = await isAlive(file, claimed);
    return alive === true
      ? { state: 'alive', process: claimed }
      : { state: 'dead', key: keyOf(claimed.nonce), isSilent: alive === 'silent' };
  } catch (error) {
    if (meansMissing(error)) return { state: 'none' };
    if (error instanceof NotPlainError) return { state: 'blocked' };
    throw new RunReadError(
      'run/unreadable',
      `${file} cannot be read (${systemReason(error)}), so it is not known whether a trainer has the run.`,
    );
  }
}

/** `silent`: its process cannot be looked up, and there is no fresh heartbeat. */
async function isAlive(file: string, trainer: TrainerProcess): Promise<boolean | 'silent'> {
  if (trainer.host === hostname()) {
    const alive = await processIsAlive(trainer.pid, trainer.processStartTime);
    if (alive !== 'unsure') return alive;
  }
  const isFresh = Math.abs(Date.now() - trainer.heartbeat) < HEARTBEAT_TIMEOUT_MS;
  return wasSeenBeating(file, trainer) || isFresh ? true : 'silent';
}

/** Newest heartbeat by file and trainer. */
const heartbeats = new Map<string, { heartbeat: number; seenAt: number; hasChanged: boolean }>();

/**
 * Whether this process itself saw a heartbeat change of late. Clocks of two hosts may differ by any time, and be set while
 * a trainer runs; that a file changes is sure.
 */
function wasSeenBeating(file: string, { nonce, heartbeat }: TrainerProcess): boolean {
  const key = `${file} ${nonce}`;
  const now = performance.now();
  const known = heartbeats.get(key);
  if (known?.heartbeat !== heartbeat) {
    heartbeats.set(key, { heartbeat, seenAt: now, hasChanged: known !== undefined });
    return known !== undefined;
  }
  return known.hasChanged && now - known.seenAt < HEARTBEAT_TIMEOUT_MS;
}

/** Whether the file stays that of the same dead trainer for so long. */
async function staysSilent(file: string, key: string, ms: number): Promise<boolean> {
  const end = performance.now() + ms;
  while (performance.now() < end) {
    await sleep(Math.min(ms, 250));
    const holder = await readHolder(file);
    if (holder.state !== 'dead' || holder.key !== key) return false;
  }
  return true;
}

/**
 * Replaces the `process.json` of a dead trainer. Only who holds the claim file made for that dead trainer may do so,
 * and only while the file is still the one that was found dead; so two who try cannot both succeed. A claim whose
 * owner died is itself claimed in the same way. Returns the file that is in the way when someone else was faster, or null.
 */
async function takeOver(run: RunDirectory, own: TrainerProcess, deadKey: string): Promise<string | null> {
  const claims: string[] = [];
  let key = deadKey;
  for (;;) {
    const claim = path.join(run.path, `process.${key}.claim`);
    if (await createExclusively(claim, own)) {
      claims.push(claim);
      break;
    }
    const holder = await readHolder(claim);
    if (holder.state !== 'dead' || claims.includes(claim)) {
      return claim;
    }
    claims.push(claim);
    key = holder.key;
  }
  try {
    const current = await readHolder(run.processPath);
    if (current.state !== 'dead' || current.key !== deadKey) {
      return run.processPath;
    }
    await writeFileAtomically(run.processPath, stringifyRunJson(own));
    return null;
  } finally {
    for (const claim of claims) {
      await rm(claim, { force: true });
    }
  }
}

function makeLock(run: RunDirectory, own: TrainerProcess): TrainerLock {
  let isReleased = false;
  let lastBeat: Promise<void> = Promise.resolve();
  const readOwner = (): TrainerProcess | 'none' | 'unknown' => {
    try {
      return parseProcess(readFileSync(run.processPath, 'utf8')) ?? 'unknown';
    } catch (error) {
      // That it cannot be read does not say that another has the run.
      return meansMissing(error) ? 'none' : 'unknown';
    }
  };
  const check = () => {
    const owner = readOwner();
    if (owner === 'unknown') return;
    if (owner !== 'none') {
      if (owner.nonce !== own.nonce) throw new RunBusyError(run.id, owner);
      return;
    }
    if (!existsSync(run.path)) {
      throw new RunWriteError('run/write-failed', `${run.path} was removed while its trainer worked.`);
    }
    // While this one slept, another took the run over, did its work and let go.
    throw new RunBusyError(run.id, 'ended');
  };
  const beat = async () => {
    check();
    const content = stringifyRunJson({ ...own, heartbeat: Date.now() });
    await writeFileAtomically(run.processPath, content, check);
  };
  return {
    check,
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
      const owner = readOwner();
      if (typeof owner === 'object' && owner.nonce === own.nonce) {
        await rm(run.processPath, { force: true });
      }
    },
  };
}

/** Returns false when the file is there already. */
async function createExclusively(file: string, own: TrainerProcess): Promise<boolean> {
  let handle: FileHandle;
  try {
    handle = await open(file, 'wx');
  } catch (error) {
    if (systemErrorCode(error) === 'EEXIST') {
      return false;
    }
    throw toWriteError(error, file);
  }
  try {
    await handle.writeFile(stringifyRunJson(own));
    return true;
  } catch (error) {
    // It was made but not filled.
    await rm(file, { force: true }).catch(() => undefined);
    throw toWriteError(error, file);
  } finally {
    await handle.close();
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
