import type { SeriesColumns, SeriesTrack } from '../protocol/livePanel';

/**
 * Curves that are measured together and grow: columns of equal length, whose steps never decrease. Appending costs O(1) on
 * average.
 */
export class TrackBuffer {
  #capacity: number;
  #length: number;
  #step: Float64Array;
  #epoch: Float64Array;
  #time: Float64Array;
  readonly #values = new Map<string, Float64Array>();
  /** What was handed out since the last change: nothing is made or computed twice for the same points. */
  #views: { time: Float64Array; curves: Map<string, SeriesColumns> } | null = null;

  /** Takes over columns that a message channel delivered; nobody else may write to them. Epochs that are not in it are 0. */
  constructor(
    track: SeriesTrack = { step: new Float64Array(), epoch: null, time: new Float64Array(), values: {} },
  ) {
    this.#step = floats(track.step);
    this.#length = this.#capacity = this.#step.length;
    this.#epoch = track.epoch === null ? new Float64Array(this.#length) : floats(track.epoch);
    this.#time = floats(track.time);
    for (const [name, values] of Object.entries(track.values)) this.#values.set(name, floats(values));
  }

  /** Names of the curves; none as long as there are no points. */
  get names(): string[] {
    return this.#length > 0 ? [...this.#values.keys()] : [];
  }

  /** Step of the newest point; 0 when there is none. */
  get lastStep(): number {
    return this.#step[this.#length - 1] ?? 0;
  }

  /** Adds a point, whose values are NaN until they are set. */
  push(step: number, epoch: number, time: number): void {
    if (this.#length === this.#capacity) this.#grow();
    const at = this.#length++;
    this.#step[at] = step;
    this.#epoch[at] = epoch;
    this.#time[at] = time;
    for (const values of this.#values.values()) values[at] = NaN;
    this.#views = null;
  }

  /** Sets a value of the newest point. JSON has no NaN: what diverged may have been written as null. */
  set(name: string, value: unknown): void {
    let values = this.#values.get(name);
    if (!values) this.#values.set(name, (values = new Float64Array(this.#capacity).fill(NaN)));
    values[this.#length - 1] = typeof value === 'number' ? value : NaN;
  }

  /** Forgets the points after `step`. */
  rewind(step: number): void {
    while (this.#length > 0 && this.lastStep > step) this.#length--;
    this.#views = null;
  }

  /** Sets the fractional epoch of all points. */
  setStepsPerEpoch(stepsPerEpoch: number): void {
    for (let i = 0; i < this.#length; i++) this.#epoch[i] = this.#step[i]! / stepsPerEpoch;
    this.#views = null;
  }

  /**
   * Windows onto the columns of a curve: no copies, valid until the track changes, and the same object until then. Null when
   * it has no points.
   */
  get(name: string): SeriesColumns | null {
    return this.#viewed.curves.get(name) ?? null;
  }

  /** Window onto the times of the points, like the columns of `get`. */
  get time(): Float64Array {
    return this.#viewed.time;
  }

  /** Number of points. */
  get length(): number {
    return this.#length;
  }

  /**
   * Copies of the columns, each with a buffer of its own.
   *
   * @param stretches the points are cut into so many stretches of equal number, and of each only those are copied where a
   *     curve is smallest or largest, and the last, and the first of all; all points when left out
   */
  copy(withEpochs: boolean, stretches?: number): SeriesTrack {
    const kept = stretches === undefined ? null : this.#extremes(stretches);
    const copied = (column: Float64Array) =>
      kept === null ? column.slice(0, this.#length) : Float64Array.from(kept, (at) => column[at]!);
    return {
      step: copied(this.#step),
      epoch: withEpochs ? copied(this.#epoch) : null,
      time: copied(this.#time),
      values: Object.fromEntries(this.names.map((name) => [name, copied(this.#values.get(name)!)])),
    };
  }

  get #viewed(): { time: Float64Array; curves: Map<string, SeriesColumns> } {
    if (this.#views) return this.#views;
    const view = (column: Float64Array) => column.subarray(0, this.#length);
    const places = { step: view(this.#step), epoch: view(this.#epoch), time: view(this.#time) };
    const curves = this.names.map(
      (name) => [name, { ...places, value: view(this.#values.get(name)!) }] as const,
    );
    return (this.#views = { time: places.time, curves: new Map(curves) });
  }

  /** Places, ascending, of each curve's smallest and largest values in stretches of equal number, of the ends of these, and of the first point. */
  #extremes(stretches: number): Uint32Array {
    const curves = this.names.map((name) => this.#values.get(name)!);
    const places = new Set<number>(this.#length > 0 ? [0] : []);
    for (let stretch = 0; stretch < stretches; stretch++) {
      const from = Math.floor((stretch * this.#length) / stretches);
      const to = Math.floor(((stretch + 1) * this.#length) / stretches);
      if (to === from) continue;
      places.add(to - 1);
      for (const values of curves) {
        let least = -1;
        let greatest = -1;
        for (let i = from; i < to; i++) {
          const value = values[i]!;
          if (value - value !== 0) continue;
          if (least < 0 || value < values[least]!) least = i;
          if (greatest < 0 || value > values[greatest]!) greatest = i;
        }
        if (least >= 0) places.add(least).add(greatest);
      }
    }
    return Uint32Array.from(places).sort();
  }

  #grow(): void {
    this.#capacity = Math.max(64, 2 * this.#capacity);
    const grown = (column: Float64Array): Float64Array => {
      const larger = new Float64Array(this.#capacity);
      larger.set(column);
      return larger;
    };
    this.#step = grown(this.#step);
    this.#epoch = grown(this.#epoch);
    this.#time = grown(this.#time);
    for (const [name, values] of this.#values) this.#values.set(name, grown(values));
  }
}

/** A column in whatever shape a message channel made of it: a `Float64Array`, its bare buffer, or a plain array. */
function floats(column: unknown): Float64Array {
  if (column instanceof Float64Array) return column;
  return column instanceof ArrayBuffer
    ? new Float64Array(column)
    : Float64Array.from(column as ArrayLike<number>);
}
