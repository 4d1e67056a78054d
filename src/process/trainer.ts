import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { changeConfig } from '../config/changeConfig';
import { ConfigError, configDigest, loadConfig } from '../config/configFile';
import { isTrained } from '../config/schema';
import { errorText, systemReason } from '../protocol/errorText';
import { isActive, type RunManifest, type RunStatus, type TrainerProcess } from '../protocol/run';
import { EventLogWriter } from '../runs/eventLog';
import { processIsAlive } from '../runs/processStartTime';
import { requirePlainOrNoFileSync } from '../runs/plainFiles';
import { createRun, type RunDirectory } from '../runs/runDirectory';
import { RunBusyError, RunWriteError, toWriteError } from '../runs/runErrors';
import { readRun } from '../runs/runStore';
import { acquireTrainerLock, BUSY_EXIT_CODE, readLiveTrainer } from '../runs/trainerLock';
import { killGroup } from './killGroup';
import { readGitState } from './gitState';
import type { NodeRuntime } from './nodeRuntime';

const POLL_MS = 50;
/** A loaded machine may need long to start a process; a trainer that has not claimed its run by then hangs. */
const START_TIMEOUT_MS = 60_000;
const LOG_TAIL_BYTES = 4000;

export interface TrainerOptions {
  node: NodeRuntime;
  /** Absolute path of `dist/trainer.js`. */
  trainerPath: string;
  /** Folder in which the extension has installed optional engines; several, separated as in PATH, come in order. */
  runtimePath?: string;
  /** Compute backend to take where a config leaves the choice. */
  backend?: string;
}

/** The environment of a trainer: Node.js's, and what this machine has chosen about engines. */
export function trainerEnvironment({ node, runtimePath, backend }: TrainerOptions): NodeJS.ProcessEnv {
  return {
    ...node.env,
    ...(runtimePath !== undefined && { RECSIGHT_RUNTIME_PATH: runtimePath }),
    ...(backend !== undefined && { RECSIGHT_BACKEND: backend }),
  };
}

/** What whoever starts a trainer may want to hear and say. */
export interface StartHooks {
  /** Hears of the run as soon as there is a process for it, which may still fail to start. */
  onStarted?: (run: RunDirectory) => void;
  /** Ends a trainer that has not taken up its run yet. One that has is to be stopped with `stopRun`. */
  signal?: AbortSignal;
}

type LaterOptions = TrainerOptions &
  StartHooks & {
    /** `path=value`, as of `--set`: what is changed in the run's config. The trainer notes it in the run. */
    overrides?: readonly string[];
  };

/** The trainer process could not be started or ended before it took up its run. The message holds what it printed. */
export class TrainerStartError extends Error {
  override readonly name = 'TrainerStartError';
  readonly code = 'trainer/start-failed';
}

/**
 * Trains what a config file describes, in a process of its own that outlives this one. Resolves with the run as soon
 * as its trainer lives (or has already ended). Throws ConfigError, RunWriteError, and TrainerStartError, after which
 * the run stays, as failed.
 */
export async function startTraining(
  options: TrainerOptions &
    StartHooks & { configPath: string; runsDirectory: string; overrides?: readonly string[] },
): Promise<RunDirectory> {
  const configPath = path.resolve(options.configPath);
  const config = await loadConfig(configPath, options.overrides);
  const run = await createRun(options.runsDirectory, {
    name: config.name,
    model: config.model.type,
    configPath,
    config,
    configDigest: configDigest(config),
    seed: config.seed,
    mainMetric: config.training.earlyStopping.metric,
    // Baselines are fitted at once: none of their epochs will ever come.
    epochs: isTrained(config) ? config.training.epochs : 0,
    git: await readGitState(path.dirname(configPath)),
    versions: { recsight: await readOwnVersion(options.trainerPath), node: options.node.version },
  });
  try {
    await startTrainer(options, 'train', run, null);
  } catch (error) {
    await recordFailedStart(run, error);
    throw error;
  }
  return run;
}

/**
 * Goes on with a run that was stopped, failed or lost, from its last checkpoint. Resolves when the trainer lives.
 * Throws RunBusyError when one works on the run already, RunReadError, and TrainerStartError.
 */
export async function resumeRun(options: LaterOptions, run: RunDirectory): Promise<void> {
  const before = await readIdle(run);
  const overrides = options.overrides ?? [];
  if (overrides.length > 0) {
    const { training } = changeConfig(await run.readConfig(), overrides, 'resume').config;
    if (training.epochs < before.progress.epoch)
      throw new ConfigError(
        'config/fixed',
        `\`training.epochs\` is ${training.epochs}, and ${before.progress.epoch} epochs of this run are done. Set it to at least that.`,
      );
  }
  await startTrainer(options, 'resume', run, before);
}

/**
 * Measures the best checkpoint of an ended run on test. Resolves when the trainer lives; the result arrives in the
 * manifest's `test`. Throws like `resumeRun`.
 */
export async function evaluateRun(options: LaterOptions, run: RunDirectory): Promise<void> {
  const before = await readIdle(run);
  const overrides = options.overrides ?? [];
  if (overrides.length > 0) changeConfig(await run.readConfig(), overrides, 'evaluate');
  await startTrainer(options, 'evaluate', run, before);
}

async function readIdle(run: RunDirectory): Promise<RunManifest> {
  const { status, manifest } = await readRun(run.path);
  if (isActive(status)) {
    const trainer = await readLiveTrainer(run);
    throw new RunBusyError(run.id, trainer);
  }
  return manifest;
}

/**
 * Resolves when the trainer has claimed the run.
 * @param before the manifest as it was; null for a run that was just made. The process is started at once, so that no signal can
 * come between the making of a run and the moment from which its trainer is known.
 */
async function startTrainer(
  options: LaterOptions,
  command: 'train' | 'resume' | 'evaluate',
  run: RunDirectory,
  before: RunManifest | null,
): Promise<void> {
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
      await recordKilled(run, 'The run was stopped before its trainer had taken it up.');
      return;
    }
    if (performance.now() > deadline && child.pid !== undefined) {
      killGroup(child.pid, 'SIGKILL');
      throw new TrainerStartError(
        await describeFailedStart(
          options,
          run,
          `did not take up the run within ${START_TIMEOUT_MS / 1000} s`,
        ),
      );
    }
    await sleep(POLL_MS);
  }
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
    // Those of a new run are in its config already.
    const changes = command === 'train' ? [] : [JSON.stringify(options.overrides ?? [])];
    const child = spawn(options.node.path, [options.trainerPath, command, run.path, ...changes], {
      cwd: path.dirname(run.path),
      env: trainerEnvironment(options),
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
  return `The trainer (${options.node.path}) ${ending} before it took up run ${run.id}. ${printed}`;
}

/** A run whose trainer never came to life would be shown as lost, which says less. */
async function recordFailedStart(run: RunDirectory, error: unknown): Promise<void> {
  try {
    const lock = await acquireTrainerLock(run, { purpose: 'record' }).catch((failure: unknown) => {
      // A full disk has no room for a lock, nor for that of a trainer.
      if (failure instanceof RunWriteError && failure.code === 'disk/full') return null;
      throw failure;
    });
    const now = Date.now();
    const message = errorText(error);
    await run.writeLastManifest({
      ...(await run.readManifest()),
      status: 'failed',
      error: { code: 'trainer/start-failed', message },
      updatedAt: now,
      finishedAt: now,
    });
    await lock?.release();
  } catch {
    // What matters is the error that led here.
  }
}

export interface StopOptions {
  /** How long the trainer has to save its checkpoint, in ms, before it is ended by force. */
  graceMs?: number;
}

/** What a trainer gets after SIGTERM, and a killed process to disappear, in ms. */
const FORCE_STEP_MS = 5000;
const REPEAT_REQUEST_MS = 2000;

/**
 * Stops a run and resolves with its status when its trainer has ended: asks by a request file, then by SIGTERM, then
 * kills the trainer and everything it started. A run on another host is only asked, so its status may then still be
 * active. A run without a trainer is left as it is. Throws RunReadError, RunWriteError.
 */
export async function stopRun(run: RunDirectory, { graceMs = 30_000 }: StopOptions = {}): Promise<RunStatus> {
  const { status } = await readRun(run.path);
  if (!isActive(status)) {
    return status;
  }
  const stopping = new Stopping(run);
  if (!(await stopping.ask(graceMs)) && (await stopping.force())) {
    await recordKilled(
      run,
      'The trainer did not answer the request to stop and was ended by force. The last checkpoint is kept.',
    );
  }
  const after = await readRun(run.path);
  if (!isActive(after.status)) {
    // A request that nobody took must not meet the trainer of a later resume.
    await run.takeRequests();
  }
  return after.status;
}

class Stopping {
  /** The trainer that was seen last; its process may outlive its hold on the run. */
  private trainer: TrainerProcess | null = null;

  constructor(private readonly run: RunDirectory) {}

  /** Returns whether the trainer ended in time. */
  async ask(graceMs: number): Promise<boolean> {
    let lastRequest = -Infinity;
    return this.waitForEnd(graceMs, async (status) => {
      // Asked again, because a trainer that is just starting throws away the requests it finds.
      if (isActive(status) && status !== 'stopping' && performance.now() - lastRequest >= REPEAT_REQUEST_MS) {
        lastRequest = performance.now();
        await this.run.requestStop();
      }
    });
  }

  /** Returns whether the trainer was on this host and has been made to end. */
  async force(): Promise<boolean> {
    const { trainer } = this;
    if (trainer === null || trainer.host !== hostname()) {
      return false;
    }
    // Windows has no signal that a process could answer.
    const signals = process.platform === 'win32' ? (['SIGKILL'] as const) : (['SIGTERM', 'SIGKILL'] as const);
    for (const signal of signals) {
      if ((await processIsAlive(trainer.pid, trainer.processStartTime)) === false) {
        break;
      }
      killGroup(trainer.pid, signal);
      if (await this.waitForEnd(FORCE_STEP_MS, () => Promise.resolve())) {
        break;
      }
    }
    return true;
  }

  private async waitForEnd(ms: number, each: (status: RunStatus) => Promise<void>): Promise<boolean> {
    const deadline = performance.now() + ms;
    do {
      const holder = await readLiveTrainer(this.run);
      // One that only writes down how the trainer ended may be this very process, or an editor.
      if (holder !== null && holder.purpose !== 'record') this.trainer = holder;
      const { status } = await readRun(this.run.path);
      if (!isActive(status) && !(await this.processRemains())) {
        return true;
      }
      await each(status);
      await sleep(POLL_MS);
    } while (performance.now() < deadline);
    return false;
  }

  /** Only a process that is surely the trainer's counts: a pid alone may be anybody's by now. */
  private async processRemains(): Promise<boolean> {
    const { trainer } = this;
    return (
      trainer !== null &&
      trainer.host === hostname() &&
      (await processIsAlive(trainer.pid, trainer.processStartTime)) === true
    );
  }
}

/** Someone asked for the run to be stopped, and it is: `lost` would tell of an accident. */
async function recordKilled(run: RunDirectory, message: string): Promise<void> {
  try {
    const lock = await acquireTrainerLock(run, { purpose: 'record' });
    try {
      const manifest = await run.readManifest();
      if (isActive(manifest.status)) {
        const now = Date.now();
        const log = await EventLogWriter.open(run.eventsPath);
        log.append({ kind: 'log', level: 'warning', message });
        log.append({ kind: 'status', status: 'stopped' });
        log.close();
        await run.writeLastManifest({ ...manifest, status: 'stopped', updatedAt: now, finishedAt: now });
      }
    } finally {
      await lock.release();
    }
  } catch {
    // Then the run is shown as lost, which is true as well.
  }
}

/** The version of RecSight that the trainer belongs to; `package.json` lies beside `dist`. */
export async function readOwnVersion(trainerPath: string): Promise<string> {
  try {
    const file = path.join(path.dirname(trainerPath), '..', 'package.json');
    const { version } = JSON.parse(await readFile(file, 'utf8')) as { version?: unknown };
    return typeof version === 'string' ? version : 'unknown';
  } catch {
    return 'unknown';
  }
}
