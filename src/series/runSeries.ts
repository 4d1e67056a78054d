import type { RunEvent } from '../protocol/events';
import type { RunHistory, RunMark, RunMessage, SeriesColumns } from '../protocol/livePanel';
import { TrainingClock } from './axes';
import { TrackBuffer } from './trackBuffer';

/** Older messages are forgotten; all of them are in the event log. */
const MAX_MESSAGES = 500;
/** So many points are sent at once; of more, an outline first. A chart has no more pixels than an outline has stretches. */
const MAX_AT_ONCE = 20_000;
const OUTLINE_STRETCHES = 1_000;

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
  readonly #training: TrackBuffer;
  readonly #system: TrackBuffer;
  readonly #validation: TrackBuffer;
  #marks: RunMark[] = [];
  #messages: RunMessage[] = [];
  #clock: TrainingClock | null = null;

  /** @param history taken over: what its arrays hold may change */
  constructor(history?: RunHistory) {
    this.#training = new TrackBuffer(history?.training);
    this.#system = new TrackBuffer(history?.system);
    this.#validation = new TrackBuffer(history?.validation);
    if (!history) return;
    this.#cursor = history.cursor;
    if (history.stepsPerEpoch !== null) this.setStepsPerEpoch(history.stepsPerEpoch);
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
    return this.#tracks.flatMap(({ names }) => names);
  }

  /**
   * The points of a curve without copying them: valid until the next event, and the same object until then. Null when there
   * are none.
   */
  get(name: string): SeriesColumns | null {
    return this.#training.get(name) ?? this.#system.get(name) ?? this.#validation.get(name);
  }

  /** Turns the times of all curves into training time: the same object until the next event. */
  get clock(): TrainingClock {
    return (this.#clock ??= new TrainingClock(
      this.#tracks.map(({ time }) => time),
      this.#marks,
    ));
  }

  /** Everything, with arrays of its own that may be sent or kept. */
  history(): RunHistory {
    return this.#copied();
  }

  /** What can be drawn at once: everything, or of a long run an outline that is not `complete`. */
  outline(): RunHistory {
    const isLong = this.#tracks.some(({ length }) => length > MAX_AT_ONCE);
    return this.#copied(isLong ? OUTLINE_STRETCHES : undefined);
  }

  #copied(stretches?: number): RunHistory {
    return {
      cursor: this.#cursor,
      complete: stretches === undefined,
      stepsPerEpoch: this.#stepsPerEpoch,
      training: this.#training.copy(false, stretches),
      system: this.#system.copy(false, stretches),
      validation: this.#validation.copy(true, stretches),
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
      this.#clock = null;
      this.#fold(event);
    }
  }

  /** Forgets validations after a step, and what was best then: of epochs that a run does not have, for it did not save them. */
  forgetValidationsAfter(step: number): void {
    if (this.#validation.lastStep <= step) return;
    this.#validation.rewind(step);
    this.#marks = this.#marks.filter((mark) => mark.kind !== 'best' || mark.step <= step);
    this.#clock = null;
  }

  /** Tells the steps of an epoch before the log does, as the manifest may. */
  setStepsPerEpoch(stepsPerEpoch: number): void {
    if (stepsPerEpoch <= 0 || stepsPerEpoch === this.#stepsPerEpoch) return;
    this.#stepsPerEpoch = stepsPerEpoch;
    // The points of validation carry the epoch that was measured.
    this.#training.setStepsPerEpoch(stepsPerEpoch);
    this.#system.setStepsPerEpoch(stepsPerEpoch);
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
        this.#push(this.#training, event.step, this.#epochOf(event.step), event.time);
        this.#training.set('loss', event.loss);
        if (event.learningRate !== undefined) this.#training.set('learningRate', event.learningRate);
        this.#training.set('throughput', event.sequencesPerSecond);
        break;
      case 'epoch':
        this.setStepsPerEpoch(event.step / event.epoch);
        break;
      case 'validation':
        this.#push(this.#validation, event.step, event.epoch, event.time);
        for (const [name, value] of Object.entries(event.metrics)) {
          this.#validation.set(`validation/${name}`, value);
        }
        if (event.best) this.#mark('best', event.step, event.epoch, event.time);
        break;
      case 'checkpoint':
        // A run that was stopped within an epoch saved that part of it.
        if (event.which === 'last')
          this.#mark('checkpoint', event.step, this.#epochOf(event.step) || event.epoch, event.time);
        break;
      case 'system': {
        const step = this.#training.lastStep;
        // The system is measured many times within a step.
        this.#system.rewind(step);
        this.#system.push(step, this.#epochOf(step), event.time);
        this.#system.set('memory', event.rssBytes);
        this.#system.set('cpu', event.cpu);
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

  /** A step is taken once: what is told about it again, or about an earlier one, replaces what was said before. */
  #push(track: TrackBuffer, step: number, epoch: number, time: number): void {
    track.rewind(step - 1);
    track.push(step, epoch, time);
  }

  #mark(kind: RunMark['kind'], step: number, epoch: number, time: number): void {
    this.#marks.push({ kind, step, epoch, time });
  }

  #rewind(step: number): void {
    for (const track of this.#tracks) track.rewind(step);
    this.#marks = this.#marks.filter((mark) => mark.step <= step);
  }

  #epochOf(step: number): number {
    return this.#stepsPerEpoch ? step / this.#stepsPerEpoch : 0;
  }

  get #tracks(): TrackBuffer[] {
    return [this.#training, this.#system, this.#validation];
  }
}
