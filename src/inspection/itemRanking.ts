import { insertBest } from '../compute/ranking';
import { rankOf } from '../evaluation/rankMetrics';

/** The items of a catalog by their scores for one user, ranked as in an evaluation. */
export class ItemRanking {
  readonly #scores: Float32Array;
  /** Columns of what is no candidate. */
  readonly #excluded: readonly number[];

  /**
   * @param scores column j belongs to item j + 1
   * @param excluded items that are no candidates
   */
  constructor(scores: Float32Array, excluded: Iterable<number>) {
    this.#scores = scores;
    this.#excluded = Array.from(excluded, (item) => item - 1);
  }

  scoreOf(item: number): number {
    return this.#scores[item - 1]!;
  }

  /** Place among the candidates, from 1; of tied items the mean of the places that they share. An excluded item is ranked as if it alone were let in. */
  rankOf(item: number): number {
    const { best, worst } = rankOf(this.#scores, item - 1, this.#excluded);
    return (best + worst) / 2;
  }

  /** The best candidates, so many or all that there are. Ties go to the lower item; NaN is never listed. */
  best(count: number): number[] {
    const candidates = this.#scores.slice();
    for (const column of this.#excluded) candidates[column] = -Infinity;
    const columns = new Int32Array(Math.min(count, this.#scores.length)).fill(-1);
    insertBest(candidates, columns, new Float32Array(columns.length).fill(-Infinity));
    return [...columns].filter((column) => column >= 0).map((column) => column + 1);
  }
}
