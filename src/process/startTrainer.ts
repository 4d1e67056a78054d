import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemReason } from '../protocol/errorText';
import type { RunManifest } from '../protocol/run';
import { requirePlainOrNoFileSync } from '../runs/plainFiles';
import { recordEnd } from '../runs/recordEnd';
import type { RunDirectory } from '../runs/runDirectory';
import { RunBusyError, toWriteError } from '../runs/runErrors';
import { BUSY_EXIT_CODE, readLiveTrainer } from '../runs/trainerLock';
import { killGroup } from './killGroup';
import {
  trainerEnvironment,
  type LaterOptions,
  type TrainerOptions,
  type TrainerProgram,
} from './trainerOptions';

const POLL_MS = 50;
/** A loaded machine may need long to start a process; a trainer that has not claimed its run by then hangs. */
const START_TIMEOUT_MS = 60_000;
const LOG_TAIL_BYTES = 4000;

/** The trainer process could not be started or ended before it took up its run. The message contains what it printed. */
export class TrainerStartError extends Error {
  override readonly name = 'TrainerStartError';
  readonly code = 'trainer/start-failed';
}

/**
 * Resolves when the trainer has claimed the run.
 * @param before the manifest as it was; null for a run that was just made. The process is started at once, so that no signal can
 * come between the making of a run and the moment from which its trainer is known.
 */
export async function startTrainer(
  options: LaterOptions,
  command: 'train' | 'resume' | 'evaluate',
  run: RunDirectory,
  before: RunManifest | null,
): Promise<void> {
  if (options.launch !== undefined) {
    options.onStarted?.(run);
    await options.launch(programOf(options, command, run));
    return;
  }
  const child = spawnTrainer(options, command, run);
  options.onStarted?.(run);
  const ending = { reason: null as string | null, isBusy: false };
  child.once('error', (error) => (ending.reason = `could not be started (${systemReason(error)})`));
  child.once('exit', (code, signal) => {
    ending.reason = `ended with ${signal ?? `exit code ${String(code)}`}`;
    ending.isBusy = code === BUSY_EXIT_CODE;
  });
  const deadline = performance.now() + START_TIMEOUT_MS;
  for (;;) {
    // Read first: what the trainer wrote before it ended is then seen below.
    const { reason } = ending;
    const trainer = await readLiveTrainer(run);
    if (trainer !== null && trainer.pid === child.pid) {
      return;
    }
    if (reason !== null) {
      if (trainer !== null || ending.isBusy) {
        throw new RunBusyError(run.id, trainer);
      }
      const after = await run.readManifest();
      if (after.updatedAt !== (before?.updatedAt ?? after.createdAt)) {
        // It was quick. How it went is in the run.
        return;
      }
      throw new TrainerStartError(await describeFailedStart(options, run, reason));
    }
    if (options.signal?.aborted === true && child.pid !== undefined) {
      killGroup(child.pid, 'SIGKILL');
      await recordEnd(run, {
        status: 'stopped',
        message: 'The run was stopped before its trainer had started it.',
      });
      return;
    }
    if (performance.now() > deadline && child.pid !== undefined) {
      killGroup(child.pid, 'SIGKILL');
      throw new TrainerStartError(
        await describeFailedStart(options, run, `did not start the run within ${START_TIMEOUT_MS / 1000} s`),
      );
    }
    await sleep(POLL_MS);
  }
}

function programOf(options: LaterOptions, command: string, run: RunDirectory): TrainerProgram {
  // Those of a new run are in its config already.
  const changes = command === 'train' ? [] : [JSON.stringify(options.overrides ?? [])];
  return {
    node: options.node.path,
    trainerPath: options.trainerPath,
    args: [command, run.path, ...changes],
    cwd: path.dirname(run.path),
    env: trainerEnvironment(options),
  };
}

/**
 * A trainer has its own process group and no terminal, and writes its output into the run's log. Synchronous, so that
 * the caller hears also what happens to the process at once.
 */
function spawnTrainer(options: LaterOptions, command: string, run: RunDirectory): ChildProcess {
  let log: number;
  try {
    requirePlainOrNoFileSync(run.logPath);
    log = openSync(run.logPath, 'a');
  } catch (error) {
    throw toWriteError(error, run.logPath);
  }
  try {
    const { node, trainerPath, args, cwd, env } = programOf(options, command, run);
    const child = spawn(node, [trainerPath, ...args], {
      cwd,
      env,
      detached: true,
      stdio: ['ignore', log, log],
      windowsHide: true,
    });
    child.unref();
    return child;
  } finally {
    closeSync(log);
  }
}

async function describeFailedStart(
  options: TrainerOptions,
  run: RunDirectory,
  ending: string,
): Promise<string> {
  const log = await readFile(run.logPath, 'utf8').catch(() => '');
  const tail = log.slice(-LOG_TAIL_BYTES).trim();
  const printed = tail === '' ? 'It printed nothing.' : `It printed:\n${tail}`;
  return `The trainer (${options.node.path}) ${ending} before it started run ${run.id}. ${printed}`;
}
