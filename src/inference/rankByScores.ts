import { insertBest } from '../compute/ranking';
import type { Ranker } from '../evaluation/evaluateRanking';
import { rankOf } from '../evaluation/rankMetrics';

/** Anything that scores the whole catalog for users. */
export interface Scorer {
  /**
   * @param histories items of each user, oldest first
   * @param users index of each user
   * @returns row-major `histories × numItems`; column j belongs to item index j + 1
   */
  score(histories: readonly Uint32Array[], users: readonly number[]): Float32Array | Promise<Float32Array>;
}

/** Ranks by all scores. */
export function rankByScores(scorer: Scorer): Ranker {
  return {
    async rank({ users, histories, targets, numItems, filterSeen, negatives, listLength }) {
      const scores = await scorer.score(histories, users);
      const rowOf = (row: number): Float32Array => scores.subarray(row * numItems, (row + 1) * numItems);
      const seen = (row: number): Uint32Array =>
        filterSeen ? histories[row]!.map((item) => item - 1) : new Uint32Array();
      const ranks = targets.map((target, row) => {
        const own = rowOf(row);
        const column = target - 1;
        if (negatives !== null) {
          const candidates = new Float32Array(1 + negatives[row]!.length);
          candidates[0] = own[column]!;
          negatives[row]!.forEach((item, place) => (candidates[place + 1] = own[item - 1]!));
          return rankOf(candidates, 0);
        }
        return rankOf(own, column, seen(row));
      });
      const lists = new Int32Array(users.length * listLength);
      if (listLength > 0)
        users.forEach((_, row) => lists.set(bestItems(rowOf(row), seen(row), listLength), row * listLength));
      return { ranks, lists };
    },
  };
}

/** The items of the highest scores; ties go to the lower item, and 0 stands where none is left. */
function bestItems(scores: Float32Array, excluded: Uint32Array, count: number): Int32Array {
  const candidates = scores.slice();
  for (const column of excluded) candidates[column] = -Infinity;
  const columns = new Int32Array(count).fill(-1);
  insertBest(candidates, columns, new Float32Array(count).fill(-Infinity));
  return columns.map((column) => column + 1);
}
