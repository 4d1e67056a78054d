import { STREAMS } from '../compute/randomStreams';
import { RandomStream } from '../compute/random';
import { curveOf, type UmapCurve } from './umapCurve';
import type { FuzzyGraph } from './fuzzyGraph';
import type { Table } from './table';

export interface UmapLayoutOptions {
  epochs: number;
  seed: number;
  /** The least distance that neighbors are drawn at, in units of `spread`. */
  minDistance: number;
  spread: number;
  /** Random rows that each end of an edge is pushed away from when the edge is pulled. */
  negativeSamples: number;
  /** At the beginning; it falls to 0 in a straight line. */
  learningRate: number;
}

/** The farthest that one pull or push moves a point along an axis, at a learning rate of 1. */
const MAX_STEP = 4;
/** Added to squared distances of pushes, which would be infinite otherwise. */
const PUSH_EPSILON = 1e-3;

/** Squared distances from 2^MIN_EXPONENT to 2^MAX_EXPONENT are looked up; those below and above count as these. */
const MIN_EXPONENT = -24;
const MAX_EXPONENT = 16;
/** Entries of a table between a power of two and the next: 2^INDEX_BITS. */
const INDEX_BITS = 6;
const FLOAT32_MANTISSA_BITS = 23;
const FLOAT32_EXPONENT_BIAS = 127;

/**
 * The layout of a fuzzy graph in two or three dimensions by stochastic gradient descent (McInnes et al., 2018, arXiv
 * 1802.03426, algorithm 5): edges are pulled as often as they are strong, and each pull comes with pushes away from random
 * rows. One thread, a fixed order and seeded draws: the same bits for the same input. No powers are computed in the loop:
 * the two forces depend on nothing but the squared distance, and are looked up by its bits, between two entries by a
 * straight line (an error of less than 1e-4 of the force).
 */
export class UmapLayout {
  /** `[numRows, 2 or 3]`; changes with each epoch. */
  readonly layout: Table;
  readonly #options: UmapLayoutOptions;
  readonly #heads: Int32Array;
  readonly #tails: Int32Array;
  /** Epochs from one pull of each edge to the next. */
  readonly #periods: Float64Array;
  /** When each edge is pulled next. */
  readonly #due: Float64Array;
  readonly #pull: Float64Array;
  readonly #push: Float64Array;
  #epoch = 0;

  /**
   * @param initial where the rows begin, 2 or 3 values each, about within ±10; not changed
   */
  constructor(graph: FuzzyGraph, initial: Table, options: UmapLayoutOptions) {
    this.layout = { ...initial, values: initial.values.slice() };
    this.#options = options;
    let strongest = 0;
    for (const weight of graph.weights) strongest = Math.max(strongest, weight);
    // An edge that would not be pulled once is left out.
    const weakest = strongest / options.epochs;
    let count = 0;
    for (const weight of graph.weights) if (weight >= weakest) count++;
    this.#heads = new Int32Array(count);
    this.#tails = new Int32Array(count);
    this.#periods = new Float64Array(count);
    let edge = 0;
    for (let row = 0; row < graph.numRows; row++) {
      for (let index = graph.offsets[row]!; index < graph.offsets[row + 1]!; index++) {
        const weight = graph.weights[index]!;
        if (weight < weakest) continue;
        this.#heads[edge] = row;
        this.#tails[edge] = graph.targets[index]!;
        this.#periods[edge++] = strongest / weight;
      }
    }
    this.#due = this.#periods.slice();
    const curve = curveOf(options.minDistance, options.spread);
    this.#pull = tabulate((squared) => pullOf(curve, squared));
    this.#push = tabulate((squared) => pushOf(curve, squared));
  }

  /** Epochs that are done. */
  get epoch(): number {
    return this.#epoch;
  }

  /** One epoch: changes `layout`. */
  step(): void {
    const { epochs, seed, negativeSamples, learningRate } = this.#options;
    const { values, numRows, width } = this.layout;
    const [heads, tails, periods, due] = [this.#heads, this.#tails, this.#periods, this.#due];
    const [pull, push] = [this.#pull, this.#push];
    const isSpatial = width === 3;
    const rate = learningRate * (1 - this.#epoch / epochs);
    const limit = MAX_STEP;
    const epoch = ++this.#epoch;
    // A number's bits as an integer, to look it up by.
    const asFloat = new Float32Array(1);
    const asBits = new Int32Array(asFloat.buffer);
    // xorshift32 (Marsaglia, 2003), seeded for each epoch: a few operations for each of a billion draws. It must not be 0.
    let random = new RandomStream(seed, STREAMS.umapLayout, epoch).nextUint32() | 1;
    const toRow = numRows / 0x80000000;

    for (let edge = 0; edge < heads.length; edge++) {
      if (due[edge]! > epoch) continue;
      due[edge]! += periods[edge]!;
      const head = heads[edge]! * width;
      const tail = tails[edge]! * width;
      let x = values[head]!;
      let y = values[head + 1]!;
      let z = isSpatial ? values[head + 2]! : 0;

      let dx = x - values[tail]!;
      let dy = y - values[tail + 1]!;
      let dz = isSpatial ? z - values[tail + 2]! : 0;
      asFloat[0] = dx * dx + dy * dy + dz * dz;
      let position = asBits[0]! - FIRST_BITS;
      position = position < 0 ? 0 : position > LAST_POSITION ? LAST_POSITION : position;
      let entry = position >> REST_BITS;
      let low = pull[entry]!;
      let force = low + (pull[entry + 1]! - low) * ((position & REST_MASK) * REST_SCALE);
      let move = force * dx;
      move = rate * (move > limit ? limit : move < -limit ? -limit : move);
      x += move;
      values[tail]! -= move;
      move = force * dy;
      move = rate * (move > limit ? limit : move < -limit ? -limit : move);
      y += move;
      values[tail + 1]! -= move;
      if (isSpatial) {
        move = force * dz;
        move = rate * (move > limit ? limit : move < -limit ? -limit : move);
        z += move;
        values[tail + 2]! -= move;
      }

      for (let sample = 0; sample < negativeSamples; sample++) {
        random ^= random << 13;
        random ^= random >>> 17;
        random ^= random << 5;
        const other = (((random >>> 1) * toRow) | 0) * width;
        if (other === head) continue;
        dx = x - values[other]!;
        dy = y - values[other + 1]!;
        dz = isSpatial ? z - values[other + 2]! : 0;
        asFloat[0] = dx * dx + dy * dy + dz * dz;
        position = asBits[0]! - FIRST_BITS;
        position = position < 0 ? 0 : position > LAST_POSITION ? LAST_POSITION : position;
        entry = position >> REST_BITS;
        low = push[entry]!;
        force = low + (push[entry + 1]! - low) * ((position & REST_MASK) * REST_SCALE);
        move = force * dx;
        x += rate * (move > limit ? limit : move < -limit ? -limit : move);
        move = force * dy;
        y += rate * (move > limit ? limit : move < -limit ? -limit : move);
        if (isSpatial) {
          move = force * dz;
          z += rate * (move > limit ? limit : move < -limit ? -limit : move);
        }
      }
      values[head] = x;
      values[head + 1] = y;
      if (isSpatial) values[head + 2] = z;
    }
  }
}

const REST_BITS = FLOAT32_MANTISSA_BITS - INDEX_BITS;
const REST_MASK = 2 ** REST_BITS - 1;
const REST_SCALE = 2 ** -REST_BITS;
const FIRST_BITS = (MIN_EXPONENT + FLOAT32_EXPONENT_BIAS) << FLOAT32_MANTISSA_BITS;
const NUM_ENTRIES = (MAX_EXPONENT - MIN_EXPONENT) << INDEX_BITS;
const LAST_POSITION = (NUM_ENTRIES << REST_BITS) - 1;

/** A function of squared distances, at the numbers whose lower bits are zero. */
function tabulate(force: (squaredDistance: number) => number): Float64Array {
  const perPower = 2 ** INDEX_BITS;
  return Float64Array.from({ length: NUM_ENTRIES + 1 }, (_, entry) =>
    force(2 ** (MIN_EXPONENT + Math.floor(entry / perPower)) * (1 + (entry % perPower) / perPower)),
  );
}

/** The derivative of log 1/(1 + a·d²ᵇ) by the distance along an axis, for a difference of 1 along it. Negative: it draws near. */
function pullOf({ a, b }: UmapCurve, squared: number): number {
  const power = a * squared ** b;
  return (-2 * b * power) / (squared * (1 + power));
}

/** The same of log(1 − 1/(1 + a·d²ᵇ)). */
function pushOf({ a, b }: UmapCurve, squared: number): number {
  return (2 * b) / ((PUSH_EPSILON + squared) * (1 + a * squared ** b));
}
