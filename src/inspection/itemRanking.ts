import { insertBest } from '../compute/ranking';
import { rankOf } from '../evaluation/rankMetrics';

/** The items of a catalogue by their scores for one user, ranked as in an evaluation. */
export class ItemRanking {
  readonly #scores: Float32Array;
  /** The same, but −Infinity for what is no candidate. */
  readonly #candidates: Float32Array;

  /**
   * @param scores column j belongs to item j + 1
   * @param excluded items that are no candidates
   */
  constructor(scores: Float32Array, excluded: Iterable<number>) {
    this.#scores = scores;
    this.#candidates = scores.slice();
    for (const item of excluded) this.#candidates[item - 1] = -Infinity;
  }

  scoreOf(item: number): number {
    return this.#scores[item - 1]!;
  }

  /** Place among the candidates, from 1, ties at their average. An excluded item is ranked as if it alone were let in. */
  rankOf(item: number): number {
    const column = item - 1;
    const before = this.#candidates[column]!;
    this.#candidates[column] = this.#scores[column]!;
    const { average } = rankOf(this.#candidates, column);
    this.#candidates[column] = before;
    return average;
  }

  /** The best candidates, so many or all that there are. Ties go to the lower item; NaN is never listed. */
  best(count: number): number[] {
    const columns = new Int32Array(Math.min(count, this.#scores.length)).fill(-1);
    insertBest(this.#candidates, columns, new Float32Array(columns.length).fill(-Infinity));
    return [...columns].filter((column) => column >= 0).map((column) => column + 1);
  }
}
