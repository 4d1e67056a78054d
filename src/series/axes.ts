import { lowerBound } from './search';
import type { RunMark, SeriesColumns } from '../protocol/livePanel';

/** What the x axis counts. `time` is training time in seconds: pauses between sessions are left out. */
export type XAxis = 'step' | 'epoch' | 'time';
export type YAxis = 'linear' | 'log';

/** A stretch of wall-clock time, ms since 1970, in which nobody trained. */
interface Pause {
  from: number;
  to: number;
}

/** Turns wall-clock times into training time. */
export class TrainingClock {
  readonly #start: number;
  readonly #pauses: readonly Pause[];
  readonly #seconds = new WeakMap<Float64Array, Float64Array>();

  /**
   * @param times of the points of all curves of the run, each in order
   * @param marks of the run; a `resumed` mark ends a pause that began with the last point before it
   */
  constructor(times: readonly Float64Array[], marks: readonly RunMark[]) {
    this.#start = Math.min(...times.map((column) => column[0] ?? Infinity));
    this.#pauses = marks
      .filter((mark) => mark.kind === 'resumed')
      .map(({ time: to }) => ({
        from: Math.max(this.#start, ...times.map((column) => lastBefore(column, to))),
        to,
      }));
  }

  /** Seconds of training up to each of some times; the same array for the same column. */
  secondsOf(times: Float64Array): Float64Array {
    let seconds = this.#seconds.get(times);
    if (!seconds) {
      seconds = new Float64Array(times.length);
      for (let i = 0; i < times.length; i++) seconds[i] = this.seconds(times[i]!);
      this.#seconds.set(times, seconds);
    }
    return seconds;
  }

  /** Seconds of training up to `time` (ms since 1970). */
  seconds(time: number): number {
    let pause = 0;
    for (const { from, to } of this.#pauses) pause += Math.max(0, Math.min(time, to) - from);
    return (time - this.#start - pause) / 1000;
  }
}

/** The x of each point of a curve. */
export function xValues(columns: SeriesColumns, axis: XAxis, clock: TrainingClock): Float64Array {
  return axis === 'time' ? clock.secondsOf(columns.time) : columns[axis];
}

/** The x of a mark. */
export function xOfMark(mark: RunMark, axis: XAxis, clock: TrainingClock): number {
  return axis === 'time' ? clock.seconds(mark.time) : mark[axis];
}

/** The newest of some ascending times before `time`; −∞ when there is none. */
function lastBefore(times: Float64Array, time: number): number {
  return times[lowerBound(times, time) - 1] ?? -Infinity;
}
