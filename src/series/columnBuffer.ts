import type { SeriesColumns } from '../protocol/livePanel';

const COLUMNS = ['step', 'epoch', 'time', 'value'] as const;

/** One curve that grows: four columns of equal length, whose steps never decrease. Appending costs O(1) on average. */
export class ColumnBuffer {
  #columns: SeriesColumns;
  #length: number;

  constructor(columns: SeriesColumns = emptyColumns(0)) {
    this.#columns = columns;
    this.#length = columns.step.length;
  }

  get length(): number {
    return this.#length;
  }

  /** Step of the newest point; 0 when there is none. */
  get lastStep(): number {
    return this.#columns.step[this.#length - 1] ?? 0;
  }

  push(step: number, epoch: number, time: number, value: number): void {
    if (this.#length === this.#columns.step.length) this.#grow();
    const { step: steps, epoch: epochs, time: times, value: values } = this.#columns;
    steps[this.#length] = step;
    epochs[this.#length] = epoch;
    times[this.#length] = time;
    values[this.#length] = value;
    this.#length++;
  }

  /** Forgets the points after `step`. */
  rewind(step: number): void {
    while (this.#length > 0 && this.lastStep > step) this.#length--;
  }

  /** Sets the fractional epoch of all points. */
  setStepsPerEpoch(stepsPerEpoch: number): void {
    const { step, epoch } = this.#columns;
    for (let i = 0; i < this.#length; i++) epoch[i] = step[i]! / stepsPerEpoch;
  }

  /** Windows onto the columns: no copies, valid until the buffer changes. */
  view(): SeriesColumns {
    return mapColumns((name) => this.#columns[name].subarray(0, this.#length));
  }

  /** Copies of the columns, each with a buffer of its own. */
  copy(): SeriesColumns {
    return mapColumns((name) => this.#columns[name].slice(0, this.#length));
  }

  #grow(): void {
    const larger = emptyColumns(Math.max(64, 2 * this.#length));
    for (const name of COLUMNS) larger[name].set(this.#columns[name].subarray(0, this.#length));
    this.#columns = larger;
  }
}

function emptyColumns(capacity: number): SeriesColumns {
  return mapColumns(() => new Float64Array(capacity));
}

function mapColumns(column: (name: keyof SeriesColumns) => Float64Array): SeriesColumns {
  return { step: column('step'), epoch: column('epoch'), time: column('time'), value: column('value') };
}
