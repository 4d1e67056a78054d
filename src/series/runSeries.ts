import type { RunEvent } from '../protocol/events';
import type { RunHistory, RunMark, RunMessage, SeriesColumns } from '../protocol/livePanel';
import { ColumnBuffer } from './columnBuffer';

/** Older messages are forgotten; all of them are in the event log. */
const MAX_MESSAGES = 500;

/** Curves whose points are counted in steps only; those of validation carry the epoch that was measured. */
const STEP_CURVES = ['loss', 'learningRate', 'throughput', 'memory', 'cpu'];

/**
 * The curves, marks and messages of one run, folded from its events. The extension folds the log and sends
 * `history()`; the page starts from that and appends what follows, and both hold the same.
 *
 * Units: `loss` as trained, `learningRate` of the step, `throughput` in what a batch holds/s, `memory` in bytes, `cpu` in cores,
 * `validation/<metric>` as measured. A value that was not finite is NaN.
 *
 * A resumed run repeats the steps after its checkpoint: the earlier attempt at them is forgotten, so steps never
 * decrease along a curve.
 */
export class RunSeries {
  #cursor = 0;
  #stepsPerEpoch: number | null = null;
  readonly #curves = new Map<string, ColumnBuffer>();
  #marks: RunMark[] = [];
  #messages: RunMessage[] = [];

  constructor(history?: RunHistory) {
    if (!history) return;
    this.#cursor = history.cursor;
    this.#stepsPerEpoch = history.stepsPerEpoch;
    for (const [name, columns] of Object.entries(history.series)) {
      this.#curves.set(name, new ColumnBuffer(ownColumns(columns)));
    }
    this.#marks = [...history.marks];
    this.#messages = [...history.messages];
  }

  /** `seq` of the next event that is not in here. */
  get cursor(): number {
    return this.#cursor;
  }

  get marks(): readonly RunMark[] {
    return this.#marks;
  }

  get messages(): readonly RunMessage[] {
    return this.#messages;
  }

  /** Names of the curves that have points. */
  get names(): string[] {
    return [...this.#curves].filter(([, curve]) => curve.length > 0).map(([name]) => name);
  }

  /** The points of a curve without copying them: valid until the next event. Null when there are none. */
  get(name: string): SeriesColumns | null {
    const curve = this.#curves.get(name);
    return curve && curve.length > 0 ? curve.view() : null;
  }

  /** Everything, with arrays of its own that may be sent or kept. */
  history(): RunHistory {
    const series: Record<string, SeriesColumns> = {};
    for (const [name, curve] of this.#curves) series[name] = curve.copy();
    return {
      cursor: this.#cursor,
      stepsPerEpoch: this.#stepsPerEpoch,
      series,
      marks: [...this.#marks],
      messages: [...this.#messages],
    };
  }

  /**
   * Adds events sent by someone who knows the cursor; events that are in here already are skipped.
   * False when they start behind the cursor: something was lost, and the caller must fetch the history again.
   */
  append(events: readonly RunEvent[]): boolean {
    const fresh = events.filter((event) => event.seq >= this.#cursor);
    if (fresh[0] && fresh[0].seq > this.#cursor) return false;
    this.fold(fresh);
    return true;
  }

  /** Adds events read from the log itself, where a missing number is a line that nobody can read. */
  fold(events: readonly RunEvent[]): void {
    for (const event of events) {
      if (event.seq < this.#cursor) continue;
      this.#cursor = event.seq + 1;
      this.#fold(event);
    }
  }

  /** Tells the steps of an epoch before the log does, as the manifest may. */
  setStepsPerEpoch(stepsPerEpoch: number): void {
    if (stepsPerEpoch <= 0 || stepsPerEpoch === this.#stepsPerEpoch) return;
    this.#stepsPerEpoch = stepsPerEpoch;
    for (const name of STEP_CURVES) this.#curves.get(name)?.setStepsPerEpoch(stepsPerEpoch);
    this.#marks = this.#marks.map((mark) => ({ ...mark, epoch: mark.step / stepsPerEpoch }));
  }

  #fold(event: RunEvent): void {
    switch (event.kind) {
      case 'started':
        if (event.resumedFromStep > 0) {
          this.#rewind(event.resumedFromStep);
          this.#mark('resumed', event.resumedFromStep, this.#epochOf(event.resumedFromStep), event.time);
        }
        break;
      case 'step':
        this.#push('loss', event.step, this.#epochOf(event.step), event.time, event.loss);
        if (event.learningRate !== undefined)
          this.#push('learningRate', event.step, this.#epochOf(event.step), event.time, event.learningRate);
        this.#push('throughput', event.step, this.#epochOf(event.step), event.time, event.sequencesPerSecond);
        break;
      case 'epoch':
        this.setStepsPerEpoch(event.step / event.epoch);
        break;
      case 'validation':
        for (const [name, value] of Object.entries(event.metrics)) {
          this.#push(`validation/${name}`, event.step, event.epoch, event.time, value);
        }
        if (event.best) this.#mark('best', event.step, event.epoch, event.time);
        break;
      case 'checkpoint':
        // A run that was stopped within an epoch saved that part of it.
        if (event.which === 'last')
          this.#mark('checkpoint', event.step, this.#epochOf(event.step) || event.epoch, event.time);
        break;
      case 'system': {
        const step = this.#curves.get('loss')?.lastStep ?? 0;
        this.#push('memory', step, this.#epochOf(step), event.time, event.rssBytes);
        this.#push('cpu', step, this.#epochOf(step), event.time, event.cpu);
        break;
      }
      case 'log':
        this.#messages.push({ level: event.level, message: event.message, time: event.time });
        if (this.#messages.length > MAX_MESSAGES) this.#messages.shift();
        break;
      case 'status':
      case 'dataset':
      case 'test':
        break; // The manifest says these.
    }
  }

  #push(name: string, step: number, epoch: number, time: number, value: unknown): void {
    let curve = this.#curves.get(name);
    if (!curve) this.#curves.set(name, (curve = new ColumnBuffer()));
    // A step is taken once: what is told about it again, or about an earlier one, replaces what was said before.
    // The system is measured many times within a step.
    curve.rewind(name === 'memory' || name === 'cpu' ? step : step - 1);
    // JSON has no NaN: a loss that diverged is written as null.
    curve.push(step, epoch, time, typeof value === 'number' ? value : NaN);
  }

  #mark(kind: RunMark['kind'], step: number, epoch: number, time: number): void {
    this.#marks.push({ kind, step, epoch, time });
  }

  #rewind(step: number): void {
    for (const curve of this.#curves.values()) curve.rewind(step);
    this.#marks = this.#marks.filter((mark) => mark.step <= step);
  }

  #epochOf(step: number): number {
    return this.#stepsPerEpoch ? step / this.#stepsPerEpoch : 0;
  }
}

/**
 * Columns that this object may write to, from what a message channel made of them: `Float64Array`s, their bare
 * buffers, or plain arrays.
 */
function ownColumns(columns: SeriesColumns): SeriesColumns {
  const own = (column: unknown): Float64Array =>
    column instanceof ArrayBuffer
      ? new Float64Array(column.slice(0))
      : Float64Array.from(column as ArrayLike<number>);
  return {
    step: own(columns.step),
    epoch: own(columns.epoch),
    time: own(columns.time),
    value: own(columns.value),
  };
}
