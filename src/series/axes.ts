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

  /** Seconds of training up to `time` (ms since 1970). */
  seconds(time: number): number {
    let pause = 0;
    for (const { from, to } of this.#pauses) pause += Math.max(0, Math.min(time, to) - from);
    return (time - this.#start - pause) / 1000;
  }
}

/** The x of each point of a curve. */
export function xValues(columns: SeriesColumns, axis: XAxis, clock: TrainingClock): Float64Array {
  return axis === 'time' ? columns.time.map((time) => clock.seconds(time)) : columns[axis];
}

/** The x of a mark. */
export function xOfMark(mark: RunMark, axis: XAxis, clock: TrainingClock): number {
  return axis === 'time' ? clock.seconds(mark.time) : mark[axis];
}

/** What a log axis can show of some values: the others become NaN, and are counted so that the chart can say so. */
export function keepPositive(values: Float64Array): { values: Float64Array; dropped: number } {
  let dropped = 0;
  const kept = values.map((value) => {
    if (value > 0 || Number.isNaN(value)) return value;
    dropped++;
    return NaN;
  });
  return { values: kept, dropped };
}

/** The newest of some ascending times before `time`; −∞ when there is none. */
function lastBefore(times: Float64Array, time: number): number {
  let i = times.length;
  while (i > 0 && times[i - 1]! >= time) i--;
  return i > 0 ? times[i - 1]! : -Infinity;
}
