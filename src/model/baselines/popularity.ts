import { type Baseline, itemCounts, type TrainingSequences } from './baseline';

/** Scores each item by how often it occurs in training: the same list for everybody. */
export class Popularity implements Baseline {
  readonly #counts: Float32Array;

  constructor(sequences: TrainingSequences) {
    this.#counts = itemCounts(sequences);
  }

  score(histories: readonly Uint32Array[]): Float32Array {
    const scores = new Float32Array(histories.length * this.#counts.length);
    histories.forEach((_, row) => scores.set(this.#counts, row * this.#counts.length));
    return scores;
  }
}
