import { type Baseline, itemCounts, type TrainingSequences } from '../baseline';
import type { LetEventsIn } from '../../protocol/letEventsIn';

/** Scores each item by how often it occurs in training: the same list for everybody. */
export class Popularity implements Baseline {
  readonly #counts: Float32Array;

  private constructor(counts: Float32Array) {
    this.#counts = counts;
  }

  static async fit(sequences: TrainingSequences, letEventsIn?: LetEventsIn): Promise<Popularity> {
    return new Popularity(await itemCounts(sequences, letEventsIn));
  }

  score(histories: readonly Uint32Array[]): Float32Array {
    const scores = new Float32Array(histories.length * this.#counts.length);
    histories.forEach((_, row) => scores.set(this.#counts, row * this.#counts.length));
    return scores;
  }
}
