import { watch, type FSWatcher } from 'node:fs';
import path from 'node:path';
import type { RunEvent } from '../protocol/events';
import { EventLogReader } from './eventLog';
import type { RunDirectory } from './runDirectory';

/** File watching can miss a change (network drives, a full watch queue), so the log is looked at in any case. */
const SAFETY_POLL_MS = 1000;
/** Where the system has no watch to spare. */
const POLL_MS = 200;

export interface FollowOptions {
  /** The log was replaced by another one: the events that follow start from the first again. */
  onRestart?: () => void;
  /** Everything that was in the log so far was handed over, or there is nothing that can be read. */
  onCaughtUp?: () => void;
  /** How often the log is looked at although it is watched, in ms. */
  safetyPollMs?: number;
  /** The log cannot be read (RunReadError), or lines of it. Following goes on; the same message is told once. */
  onError?: (error: Error) => void;
}

/**
 * Hands over the events of a run, first all that are there, then new ones in a fraction of a second after they are
 * written, each exactly once and in order. The run directory may be missing at first, or later.
 */
export function followEvents(
  run: RunDirectory,
  onEvents: (events: RunEvent[]) => void,
  options: FollowOptions = {},
): { close(): void } {
  const reader = new EventLogReader(run.eventsPath);
  let watcher: FSWatcher | null = null;
  let isClosed = false;
  let isReading = false;
  let requests = 0;
  let lastError = '';

  const read = async () => {
    requests++;
    if (isReading) {
      return;
    }
    isReading = true;
    // What is written during a read may be behind the place where it ended, so it asks for another one.
    for (let answered = 0; answered < requests && !isFinished();) {
      answered = requests;
      await readOnce();
    }
    isReading = false;
  };
  // A function, because the compiler does not know that the value changes during an await.
  const isFinished = () => isClosed;
  const tellRestart = () => {
    if (reader.restarted) {
      reader.restarted = false;
      options.onRestart?.();
    }
  };
  const readOnce = async () => {
    try {
      for await (const events of reader.readBatches()) {
        if (isFinished()) {
          return;
        }
        tellRestart();
        onEvents(events);
      }
      if (isFinished()) {
        return;
      }
      tellRestart();
      const notice = reader.takeNotice();
      if (notice !== null) {
        options.onError?.(new Error(notice));
      }
      lastError = '';
    } catch (error) {
      if (error instanceof Error && error.message !== lastError) {
        lastError = error.message;
        options.onError?.(error);
      }
    }
    if (!isFinished()) {
      options.onCaughtUp?.();
    }
  };

  const startWatching = () => {
    try {
      // The folder and not the file, which may be made later or replaced.
      const started = watch(run.path, { persistent: false }, (_event, name) => {
        if (name === null || name === path.basename(run.eventsPath)) {
          void read();
        }
      });
      started.on('error', () => {
        started.close();
        watcher = null;
      });
      watcher = started;
    } catch {
      watcher = null;
    }
  };

  const { safetyPollMs = SAFETY_POLL_MS } = options;
  let sincePoll = 0;
  const timer = setInterval(() => {
    sincePoll += POLL_MS;
    if (watcher !== null && sincePoll < safetyPollMs) {
      return;
    }
    if (sincePoll >= safetyPollMs) {
      sincePoll = 0;
      if (watcher === null) {
        startWatching();
      }
    }
    void read();
  }, POLL_MS);
  startWatching();
  void read();
  return {
    close() {
      isClosed = true;
      clearInterval(timer);
      watcher?.close();
    },
  };
}
