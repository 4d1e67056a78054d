import { appendFileSync } from 'node:fs';
import { stopRun } from '../process/stopRun';
import { errorText } from '../protocol/errorText';
import type { RunDirectory } from '../runs/runDirectory';
import { SIGNAL_EXIT_CODES } from './exitOnSignals';
import { notes } from './terminal';

type StopSignal = 'SIGINT' | 'SIGTERM';

/**
 * What becomes of a trainer when whoever follows it is interrupted. To be made before anything is started: a process has its own
 * session, so nothing but this passes a signal on to it.
 * - Ctrl-C (SIGINT) and SIGTERM ask it to save a checkpoint and end, the second time end it by force, and the third time leave it
 * - where the terminal goes (SIGHUP), or the reader of a pipe, it goes on; this process says where, and ends
 */
export class Following {
  #run: RunDirectory | null = null;
  #asked = 0;
  #exitCode: number | null = null;
  readonly #aborted = new AbortController();

  constructor() {
    process.on('SIGINT', this.#onStop);
    process.on('SIGTERM', this.#onStop);
    process.on('SIGHUP', this.#onHangUp);
    process.on('exit', this.#onExit);
  }

  /** Aborted when the trainer is to stop; one that has not begun need not begin. */
  get signal(): AbortSignal {
    return this.#aborted.signal;
  }

  /** Of the signal that asked to stop; null when none did. */
  get exitCode(): number | null {
    return this.#exitCode;
  }

  /** Hears of the run as soon as a process works on it; earlier, a signal ends this process and that is all. */
  readonly onStarted = (run: RunDirectory): void => {
    this.#run = run;
  };

  /** The trainer is no longer followed. */
  close(): void {
    process.off('SIGINT', this.#onStop);
    process.off('SIGTERM', this.#onStop);
    process.off('SIGHUP', this.#onHangUp);
    process.off('exit', this.#onExit);
  }

  readonly #onHangUp = (): void => process.exit(SIGNAL_EXIT_CODES.SIGHUP);

  readonly #onStop = (signal: StopSignal): void => {
    const code = SIGNAL_EXIT_CODES[signal];
    const run = this.#run;
    this.#asked++;
    if (run === null || this.#asked > 2) process.exit(code);
    this.#exitCode = code;
    this.#aborted.abort();
    notes.print(
      this.#asked === 1
        ? 'Stopping after this step … (again to kill the trainer)\n'
        : 'Killing the trainer … (again to detach)\n',
    );
    stopRun(run, this.#asked === 1 ? {} : { graceMs: 0 }).catch((error: unknown) => {
      notes.print(`${errorText(error)}\n`);
    });
  };

  /** Whatever ends this process while the trainer lives. What can still be written to may be no more than the log. */
  readonly #onExit = (): void => {
    const run = this.#run;
    if (run === null) return;
    const goesOn = this.#asked > 0 ? 'was asked to stop' : 'continues';
    const text = `The trainer of ${run.id} ${goesOn}: ${run.path}\n\`recsight stop ${run.path}\` stops it.\n`;
    notes.print(`\n${text}`);
    try {
      appendFileSync(run.logPath, `Detached from the terminal. ${text}`);
    } catch {
      // Then nothing is left to write to.
    }
  };
}
