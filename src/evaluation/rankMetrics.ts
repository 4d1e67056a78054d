import type { RankMetric } from './metrics/metric';

/** The places that one item of a ranking may take, counted from 1: `best` to `worst`, by the order of what it is tied with. */
export interface Rank {
  /** As if the item came first among its ties. */
  best: number;
  /** As if the item came last among its ties; the same place where nothing has its score. */
  worst: number;
}

/**
 * Ranks one item among all candidates by descending score. NaN ranks below every number; an item without a score of its own
 * (NaN or −Infinity) takes the last place of all candidates, so that a broken model never looks good, not even by chance.
 * @param scores one score per item
 * @param target index into `scores`
 * @param excluded indices that are no candidates, in any order; they may repeat. The target is one in any case.
 */
export function rankOf(scores: Float32Array, target: number, excluded: Iterable<number> = []): Rank {
  const own = scores[target]!;
  const left = new Set(excluded);
  left.delete(target);
  if (!(own > -Infinity)) return rankFrom(scores.length - left.size - 1, 0);
  let better = 0;
  let tied = -1; // it is among its own ties
  for (const score of scores) {
    if (score > own) better++;
    else if (score === own) tied++;
  }
  for (const column of left) {
    if (scores[column]! > own) better--;
    else if (scores[column] === own) tied--;
  }
  return rankFrom(better, tied);
}

/** The rank of an item that so many others score above and so many others score the same as. */
export function rankFrom(greater: number, equal: number): Rank {
  return { best: greater + 1, worst: greater + equal + 1 };
}

/** Ranks of users' held-out items, in the order of the users. */
export interface Ranks {
  best: Uint32Array;
  worst: Uint32Array;
}

/**
 * The mean of a metric over users of whom one item each is held out. An item that is tied counts with the mean of the metric over its
 * places, which is what all orders of the tied items give on average (McSherry and Najork, 2008, "Computing information retrieval
 * performance measures efficiently in the presence of tied scores").
 */
export function meanRankMetric({ of }: RankMetric, { best, worst }: Ranks, cutoff: number): number {
  // Ties may span the whole catalog, for every user: sums up to a place make each of them one subtraction.
  const values = new Float64Array(cutoff + 1);
  const sums = new Float64Array(cutoff + 1);
  for (let place = 1; place <= cutoff; place++) {
    values[place] = of({ places: [place], numRelevant: 1 }, cutoff);
    sums[place] = sums[place - 1]! + values[place]!;
  }
  let total = 0;
  best.forEach((first, user) => {
    if (first > cutoff) return;
    const last = worst[user]!;
    if (first === last) total += values[first]!;
    else total += (sums[Math.min(last, cutoff)]! - sums[first - 1]!) / (last - first + 1);
  });
  return total / best.length;
}
