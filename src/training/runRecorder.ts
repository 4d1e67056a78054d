import { letEventsIn } from '../protocol/letEventsIn';
import { errorText } from '../protocol/errorText';
import type { RunEventBody } from '../protocol/events';
import {
  isActive,
  type ControlRequest,
  type RecordedStatus,
  type RunError,
  type RunManifest,
} from '../protocol/run';
import { followCheckpoints } from '../runs/checkpointState';
import { EventLogWriter } from '../runs/eventLog';
import { sweepRun } from '../runs/leftovers';
import type { RunDirectory } from '../runs/runDirectory';
import { acquireTrainerLock, type TrainerLock } from '../runs/trainerLock';
import { StopRequested } from './stopRequested';

const TICK_MS = 250;
const MANIFEST_MS = 500;
const HEARTBEAT_MS = 3000;
const SYSTEM_MS = 2000;
const STOPPABLE: readonly RecordedStatus[] = ['preparing', 'running', 'evaluating'];
/** What an impatient `stop`, a shutdown or a terminal sends; each asks for a checkpoint and an orderly end. */
const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/**
 * The trainer's hand on its run directory: appends events, keeps `run.json` current, shows that the trainer lives and
 * hears requests. A training step blocks the process, so the loop calls `letEventsIn` between steps; while the process waits
 * for others (DuckDB, files), a timer does the same.
 */
export class RunRecorder {
  readonly run: RunDirectory;
  #manifest: RunManifest;
  readonly #log: EventLogWriter;
  readonly #lock: TrainerLock;
  readonly #timer: NodeJS.Timeout;
  #manifestChanged = false;
  #ticking: Promise<void> | null = null;
  #writing: Promise<void> = Promise.resolve();
  #failure: Error | null = null;
  // Of performance.now(): the clock may be set while a run trains.
  #lastTick = -Infinity;
  #lastManifest = -Infinity;
  #lastHeartbeat = performance.now();
  #lastSystem = { time: performance.now(), cpu: process.cpuUsage() };
  readonly #stopping = new AbortController();
  #unreadableRequests = false;
  readonly #onSignal = (): void => this.requestStop();

  private constructor(run: RunDirectory, manifest: RunManifest, log: EventLogWriter, lock: TrainerLock) {
    this.run = run;
    this.#manifest = manifest;
    this.#log = log;
    this.#lock = lock;
    this.#timer = setInterval(() => void this.#tick(), TICK_MS);
    for (const signal of SIGNALS) process.on(signal, this.#onSignal);
  }

  /** Takes the run for this process. @throws RunBusyError when another trainer has it, RunReadError, RunWriteError */
  static async open(run: RunDirectory): Promise<RunRecorder> {
    const lock = await acquireTrainerLock(run);
    try {
      const recorded = await run.readManifest();
      // Its trainer died: it continues from what that saved.
      const manifest = isActive(recorded.status) ? await followCheckpoints(run, recorded) : recorded;
      await sweepRun(run.path);
      // Requests to an earlier trainer of this run are not for this one.
      await run.takeRequests();
      const log = await EventLogWriter.open(run.eventsPath, () => lock.check());
      return new RunRecorder(run, manifest, log, lock);
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  get manifest(): Readonly<RunManifest> {
    return this.#manifest;
  }

  /** Aborted with StopRequested when someone asked this trainer to save and end; for work that cannot `letEventsIn`. */
  get stopSignal(): AbortSignal {
    return this.#stopping.signal;
  }

  requestStop(): void {
    if (!this.stopSignal.aborted) this.#stopping.abort(new StopRequested());
  }

  event(body: RunEventBody): void {
    this.#log.append(body);
  }

  warn(message: string): void {
    this.event({ kind: 'log', level: 'warning', message });
  }

  /** Changes fields of `run.json`; written soon. */
  update(change: Partial<RunManifest>): void {
    this.#manifest = { ...this.#manifest, ...change };
    this.#manifestChanged = true;
  }

  /** Changes the status and writes it at once, with the event. */
  async setStatus(status: RecordedStatus, error: RunError | null = null): Promise<void> {
    const ended = status === 'finished' || status === 'stopped' || status === 'failed';
    this.update({ status, error, finishedAt: ended ? Date.now() : null });
    try {
      this.event({ kind: 'status', status, ...(error === null ? {} : { error }) });
      // A trainer that dies once its manifest says `finished` is not taken up again: what it told must be on the disk.
      this.#log.sync();
    } catch {
      // It waits in the log, and the flush below says what is the matter. Lists show the manifest, so it is written all the same.
    }
    await this.#writeManifest();
    this.#log.flush();
  }

  /**
   * To be called before anything but the log and the manifest is written into the run: events that were told are then on
   * the disk before what follows from them. @throws RunBusyError when another trainer has taken over the run, RunWriteError
   */
  readonly settle = (): void => {
    this.#log.sync();
    this.#lock.check();
  };

  /**
   * Lets pending events in, and does what is due. To be called between steps of long work.
   * @throws StopRequested when someone asked this trainer to save and end; RunWriteError
   */
  async letEventsIn(): Promise<void> {
    await letEventsIn();
    // A tick under way is waited for: left alone it would get one turn a step.
    if (this.#ticking !== null || performance.now() - this.#lastTick >= TICK_MS) await this.#tick();
    if (this.#failure !== null) throw this.#failure;
    this.stopSignal.throwIfAborted();
  }

  /** Writes what is left and gives the run free. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    for (const signal of SIGNALS) process.off(signal, this.#onSignal);
    await this.#ticking;
    try {
      try {
        // A run that another trainer has taken over is no longer ours to write, which this finds out.
        if (this.#manifestChanged) await this.#writeManifest();
      } finally {
        this.#log.close();
      }
    } finally {
      await this.#lock.release();
    }
  }

  #tick(): Promise<void> {
    this.#lastTick = performance.now();
    this.#ticking ??= this.#work()
      .catch((error: unknown) => {
        this.#failure ??= error instanceof Error ? error : new Error(String(error));
      })
      .finally(() => {
        this.#ticking = null;
      });
    return this.#ticking;
  }

  async #work(): Promise<void> {
    const now = performance.now();
    // First, because what follows takes requests that may be meant for another trainer by now.
    this.#lock.check();
    // The only request there is, is to stop.
    if ((await this.#takeRequests()).length > 0) this.requestStop();
    if (this.stopSignal.aborted && STOPPABLE.includes(this.#manifest.status))
      await this.setStatus('stopping');
    if (this.#manifestChanged && now - this.#lastManifest >= MANIFEST_MS) await this.#writeManifest();
    if (now - this.#lastHeartbeat >= HEARTBEAT_MS) {
      this.#lastHeartbeat = now;
      await this.#lock.heartbeat();
    }
    const elapsed = performance.now() - this.#lastSystem.time;
    if (elapsed >= SYSTEM_MS) {
      const used = process.cpuUsage(this.#lastSystem.cpu);
      this.#lastSystem = { time: performance.now(), cpu: process.cpuUsage() };
      const cpu = (used.user + used.system) / 1000 / elapsed;
      this.event({ kind: 'system', rssBytes: process.memoryUsage.rss(), cpu });
    }
  }

  /** Requests that cannot be read wait: no reason to give up training. */
  async #takeRequests(): Promise<ControlRequest[]> {
    try {
      return await this.run.takeRequests();
    } catch (error) {
      if (!this.#unreadableRequests) this.warn(`Requests to stop cannot be read. ${errorText(error)}`);
      this.#unreadableRequests = true;
      return [];
    }
  }

  /** Writes the newest manifest; one after the other, so that an older one never lands last. */
  #writeManifest(): Promise<void> {
    this.#writing = this.#writing
      .catch(() => undefined)
      .then(async () => {
        this.#manifestChanged = false;
        this.#lastManifest = performance.now();
        this.#manifest = { ...this.#manifest, updatedAt: Date.now() };
        const check = () => this.#lock.check();
        try {
          if (isActive(this.#manifest.status)) await this.run.writeManifest(this.#manifest, check);
          else await this.run.writeLastManifest(this.#manifest, check);
        } catch (error) {
          this.#manifestChanged = true;
          throw error;
        }
      });
    return this.#writing;
  }
}
