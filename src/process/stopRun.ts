import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { isActive, type RunStatus, type TrainerProcess } from '../protocol/run';
import { processIsAlive } from '../runs/processStartTime';
import { recordEnd } from '../runs/recordEnd';
import type { RunDirectory } from '../runs/runDirectory';
import { readRun } from '../runs/runStore';
import { readLiveTrainer } from '../runs/trainerLock';
import { killGroup } from './killGroup';

const POLL_MS = 50;
/** What a trainer gets after SIGTERM, and a killed process to disappear, in ms. */
const FORCE_STEP_MS = 5000;
const REPEAT_REQUEST_MS = 2000;

export interface StopOptions {
  /** How long the trainer has to save its checkpoint, in ms, before it is ended by force. */
  graceMs?: number;
}

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
    await recordEnd(run, {
      status: 'stopped',
      message: 'The trainer did not respond to the stop request and was killed. The last checkpoint is kept.',
    });
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
