import { isRecord } from '../protocol/isRecord';
import { closeSync, fdatasyncSync, fstatSync, openSync, readSync, truncateSync, writeSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { systemReason } from '../protocol/errorText';
import type { RunEvent, RunEventBody, RunEventKind } from '../protocol/events';
import { requirePlainFile, requirePlainOrNoFileSync } from './plainFiles';
import { meansMissing, RunReadError, toWriteError } from './runErrors';
import { findMisfit, parseRunJson, stringifyRunJson, type Shape } from './runJson';
import { eventSchema } from './runSchema';
import { StepLines } from './stepLine';

/** Major version of events. */
const EVENT_VERSION = 1;
/** How long an event may wait in memory before it is written, in ms. */
const FLUSH_AFTER_MS = 100;
/** A line longer than this is junk: no event comes near it. */
const MAX_LINE_BYTES = 16 * 1024 * 1024;
const CHUNK_BYTES = 256 * 1024;
const NEWLINE = 10;

const HEADER: Shape = { v: 'number', seq: 'number', time: 'number', kind: 'string' };

/**
 * What a reader needs of the kinds that a log holds most of. An event that lacks it is treated as junk, so that no chart
 * meets `undefined`.
 */
const BODIES = {
  step: { epoch: 'number', step: 'number', loss: 'number', sequencesPerSecond: 'number' },
  epoch: { epoch: 'number', step: 'number', loss: 'number', seconds: 'number' },
  checkpoint: { epoch: 'number', step: 'number', which: 'string' },
  system: { rssBytes: 'number', cpu: 'number' },
  log: { level: 'string', message: 'string' },
} satisfies Partial<Record<RunEventKind, Shape>>;
type FrequentKind = keyof typeof BODIES;

/** Appends events to `events.jsonl`. There is one writer at a time: the trainer that holds the run's lock. */
export class EventLogWriter {
  private waiting = Buffer.alloc(0);
  private timer: NodeJS.Timeout | null = null;
  private lastFlush = performance.now();
  private timerError: Error | null = null;

  private constructor(
    private readonly path: string,
    private readonly file: number,
    private nextSeq: number,
    private readonly beforeWriting: () => void,
  ) {}

  /**
   * Opens a log, or makes it, and goes on counting where it ends. A last line that a killed trainer left
   * incomplete is cut off first. Throws RunWriteError.
   * @param beforeWriting called before each write, which does not happen when it throws: see TrainerLock.check
   */
  // eslint-disable-next-line @typescript-eslint/require-await -- a promise turns what it throws into a rejection
  static async open(path: string, beforeWriting: () => void = () => undefined): Promise<EventLogWriter> {
    let file: number | null = null;
    try {
      requirePlainOrNoFileSync(path);
      file = openSync(path, 'a+');
      const { end, nextSeq } = findEnd(file);
      if (end < fstatSync(file).size) {
        // By path: Windows cannot truncate through a handle that was opened for appending.
        truncateSync(path, end);
      }
      return new EventLogWriter(path, file, nextSeq, beforeWriting);
    } catch (error) {
      if (file !== null) {
        closeSync(file);
      }
      throw toWriteError(error, path);
    }
  }

  /**
   * Adds an event and returns it with its header. It is on disk after at most 100 ms, even when the caller keeps
   * the thread busy, provided that it appends again. Throws RunWriteError (`disk/full`), and what `beforeWriting`
   * throws; then the event is kept and written with the next success.
   */
  append(body: RunEventBody): RunEvent {
    const event: RunEvent = { v: 1, seq: this.nextSeq, time: Date.now(), ...body };
    this.nextSeq++;
    this.waiting = Buffer.concat([this.waiting, Buffer.from(`${stringifyRunJson(event)}\n`)]);
    if (performance.now() - this.lastFlush >= FLUSH_AFTER_MS) {
      this.flush();
    } else {
      this.timer ??= setTimeout(() => this.flushByTimer(), FLUSH_AFTER_MS);
      this.throwTimerError();
    }
    return event;
  }

  /** Writes everything that waits. Throws RunWriteError (`disk/full`); what could not be written still waits. */
  flush(): void {
    if (this.timer !== null) {
      clearTimeout(this.timer);
      this.timer = null;
    }
    this.timerError = null;
    this.lastFlush = performance.now();
    if (this.waiting.length > 0) {
      this.beforeWriting();
    }
    try {
      while (this.waiting.length > 0) {
        // A nearly full disk takes a part of the bytes; going on after them keeps the line whole.
        this.waiting = this.waiting.subarray(writeSync(this.file, this.waiting));
      }
    } catch (error) {
      throw toWriteError(error, this.path);
    }
  }

  /** Flushes, and waits until everything is on the disk: what follows may then rely on it, whatever happens. */
  sync(): void {
    this.flush();
    try {
      fdatasyncSync(this.file);
    } catch (error) {
      throw toWriteError(error, this.path);
    }
  }

  /** Flushes and closes. The file is closed even when flushing throws. */
  close(): void {
    try {
      this.flush();
    } finally {
      closeSync(this.file);
    }
  }

  private flushByTimer(): void {
    this.timer = null;
    try {
      this.flush();
    } catch (error) {
      // Nobody can catch what a timer throws: the next append, flush or close reports it.
      this.timerError = error as Error;
    }
  }

  private throwTimerError(): void {
    if (this.timerError !== null) {
      const error = this.timerError;
      this.timerError = null;
      throw error;
    }
  }
}

/**
 * Reads an event log as it grows. Between calls it keeps only the offset behind the last complete line, so a line
 * that is still being written is read later, whole.
 */
export class EventLogReader {
  /** Set when the file shrank or was replaced: events then came again from the first one. The caller resets it. */
  restarted = false;
  /** Complete lines that were no readable event of a known kind. */
  skippedLines = 0;

  /** Of these, those of a newer major version. */
  private newerLines = 0;
  private hasToldSkipped = false;

  private offset = 0;
  private inode = 0;
  private nextSeq = 0;
  private insideLongLine = false;

  constructor(private readonly path: string) {}

  /**
   * The events written since the last call, in order; none when the file does not exist. Unknown kinds and junk
   * are left out, and `seq` is counted anew over what remains, so that it has no gaps for whoever joins batches.
   * Throws RunReadError: `run/newer-version` for a log of nothing but a newer major version, `run/unreadable`.
   * One call at a time.
   */
  async readNew(): Promise<RunEvent[]> {
    const events: RunEvent[] = [];
    for await (const batch of this.readBatches()) for (const event of batch) events.push(event);
    return events;
  }

  /**
   * The same, a part of the file after the other: whoever folds them needs no memory for all, and others have their turn
   * in between. Of several batches only the first can follow a restart.
   */
  async *readBatches(): AsyncGenerator<RunEvent[], void, undefined> {
    let file: FileHandle;
    try {
      await requirePlainFile(this.path);
      file = await open(this.path, 'r');
    } catch (error) {
      if (meansMissing(error)) return;
      throw new RunReadError('run/unreadable', `${this.path} cannot be read (${systemReason(error)}).`);
    }
    try {
      const { size, ino } = await file.stat();
      if (size < this.offset || (this.inode !== 0 && ino !== this.inode)) {
        this.restart();
      }
      this.inode = ino;
      yield* this.readTo(file, size);
      if (this.nextSeq === 0 && this.newerLines > 0) {
        this.offset = 0;
        this.skippedLines = this.newerLines = 0;
        throw new RunReadError(
          'run/newer-version',
          `${this.path} holds only events of a newer version, but this RecSight reads version ${EVENT_VERSION}. Update RecSight to view this run.`,
        );
      }
    } finally {
      await file.close();
    }
  }

  /** A sentence about the lines that were left out, once there are any; null when there is nothing new to say. */
  takeNotice(): string | null {
    if (this.skippedLines === 0 || this.hasToldSkipped) return null;
    this.hasToldSkipped = true;
    const lines = this.skippedLines === 1 ? 'A line' : `${this.skippedLines} lines`;
    return `${lines} of ${this.path} cannot be read and ${this.skippedLines === 1 ? 'is' : 'are'} left out: damaged, or of a newer version of RecSight.`;
  }

  private async *readTo(file: FileHandle, size: number): AsyncGenerator<RunEvent[], void, undefined> {
    let chunkBytes = CHUNK_BYTES;
    while (this.offset < size) {
      const wanted = Math.min(chunkBytes, size - this.offset);
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(wanted), 0, wanted, this.offset);
      const chunk = buffer.subarray(0, bytesRead);
      const end = chunk.lastIndexOf(NEWLINE) + 1;
      if (end > 0) {
        this.offset += end;
        chunkBytes = CHUNK_BYTES;
        const events = this.takeLines(chunk.subarray(0, end));
        if (events.length > 0) yield events;
      } else if (bytesRead < wanted || this.offset + bytesRead >= size) {
        break;
      } else if (chunkBytes < MAX_LINE_BYTES) {
        chunkBytes *= 2;
      } else {
        this.offset += bytesRead;
        this.insideLongLine = true;
      }
    }
  }

  /** The events of complete lines. */
  private takeLines(lines: Buffer): RunEvent[] {
    const events: RunEvent[] = [];
    const steps = new StepLines(lines);
    for (let start = 0, end = 0; start < lines.length; start = end + 1) {
      end = lines.indexOf(NEWLINE, start);
      const event = this.insideLongLine
        ? null
        : (steps.read(start, end, this.nextSeq) ?? parseEvent(lines.toString('utf8', start, end)));
      this.insideLongLine = false;
      if (event === null || event === 'newer') {
        this.skippedLines++;
        if (event === 'newer') this.newerLines++;
      } else {
        event.seq = this.nextSeq;
        events.push(event);
        this.nextSeq++;
      }
    }
    return events;
  }

  private restart(): void {
    this.restarted = true;
    this.offset = 0;
    this.nextSeq = 0;
    this.skippedLines = 0;
    this.newerLines = 0;
    this.hasToldSkipped = false;
    this.insideLongLine = false;
  }
}

/** The event of a line, or null when it is junk or of an unknown kind. */
function parseEvent(line: string): RunEvent | 'newer' | null {
  let value: unknown;
  try {
    value = parseRunJson(line);
  } catch {
    return null;
  }
  if (!isRecord(value) || findMisfit(value, HEADER) !== null) {
    return null;
  }
  if (value.v !== EVENT_VERSION) return (value.v as number) > EVENT_VERSION ? 'newer' : null;
  const kind = value.kind as string;
  if (Object.hasOwn(BODIES, kind)) {
    return findMisfit(value, BODIES[kind as FrequentKind]) === null ? (value as unknown as RunEvent) : null;
  }
  // Kinds with deeper fields are few in a log; checking all of those takes longer.
  const { data } = eventSchema.safeParse(value);
  return data ?? null;
}

/** Where the last complete line of a log ends, and the `seq` that follows the last readable event. Reads backwards. */
function findEnd(file: number): { end: number; nextSeq: number } {
  const size = fstatSync(file).size;
  for (let bytes = Math.min(CHUNK_BYTES, size); ; bytes = Math.min(bytes * 4, size)) {
    const tail = Buffer.alloc(bytes);
    readSync(file, tail, 0, bytes, size - bytes);
    const end = tail.lastIndexOf(NEWLINE) + 1;
    const lines = tail.toString('utf8', 0, Math.max(end - 1, 0)).split('\n');
    for (const line of lines.reverse()) {
      const seq = readSeq(line);
      if (seq !== null) {
        return { end: size - bytes + end, nextSeq: seq + 1 };
      }
    }
    if (bytes === size) {
      return { end, nextSeq: 0 };
    }
  }
}

function readSeq(line: string): number | null {
  try {
    const value = parseRunJson(line);
    if (findMisfit(value, HEADER) !== null) return null;
    const { seq } = value as { seq: number };
    return Number.isSafeInteger(seq) && seq >= 0 ? seq : null;
  } catch {
    return null;
  }
}
