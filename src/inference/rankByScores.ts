import { insertBest } from '../compute/ranking';
import type { Ranker } from '../evaluation/evaluateRanking';
import { ranksOf, type Rank } from '../evaluation/rankMetrics';

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
    async rank({ users, histories, targetOffsets, targets, numItems, filterSeen, negatives, listLength }) {
      const scores = await scorer.score(histories, users);
      const rowOf = (row: number): Float32Array => scores.subarray(row * numItems, (row + 1) * numItems);
      const seen = (row: number): Uint32Array =>
        filterSeen ? histories[row]!.map((item) => item - 1) : new Uint32Array();
      const ranks = users.flatMap((_, row): Rank[] => {
        const own = rowOf(row);
        const columns = targets.subarray(targetOffsets[row], targetOffsets[row + 1]).map((item) => item - 1);
        if (negatives === null) return ranksOf(own, columns, seen(row));
        const candidates = new Float32Array(columns.length + negatives[row]!.length);
        columns.forEach((column, place) => (candidates[place] = own[column]!));
        negatives[row]!.forEach((item, place) => (candidates[columns.length + place] = own[item - 1]!));
        return ranksOf(
          candidates,
          columns.map((_column, place) => place),
        );
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
