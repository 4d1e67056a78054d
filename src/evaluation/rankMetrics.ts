import type { Metrics } from '../protocol/evaluation';

/** The place of one item in a ranking, counted from 1. All three are equal unless other items have the very same score. */
export interface Rank {
  /** Tied items share the mean of the places they span. */
  average: number;
  /** As if the item came first among its ties. */
  best: number;
  /** As if the item came last among its ties. */
  worst: number;
}

/**
 * Ranks one item among all candidates by descending score.
 * @param scores one score per item; `-Infinity` marks items that are no candidates. NaN ranks below every number, so that
 *   a broken model never looks good.
 * @param target index into `scores`
 */
export function rankOf(scores: Float32Array, target: number): Rank {
  const own = scores[target]!;
  let better = 0;
  let tied = 0;
  if (Number.isNaN(own)) {
    for (const score of scores) {
      if (Number.isNaN(score)) tied++;
      else if (score !== -Infinity) better++;
    }
  } else {
    for (const score of scores) {
      if (score > own) better++;
      else if (score === own) tied++;
    }
  }
  return rankFrom(better, tied - 1); // it is among its own ties
}

/** The rank of an item that so many others score above and so many others score the same as. */
export function rankFrom(greater: number, equal: number): Rank {
  return { average: greater + equal / 2 + 1, best: greater + 1, worst: greater + equal + 1 };
}

/**
 * Mean metrics over users of whom one item each is held out. With one relevant item the ideal DCG is 1, so
 * NDCG@k = 1/log₂(rank + 1), HR@k = 1 and MRR@k = 1/rank where rank ≤ k, else 0
 * (Järvelin and Kekäläinen, 2002; the definitions of He et al., 2017, "Neural Collaborative Filtering").
 * Ties give fractional ranks, which are put into the formulas as they are; one of 10.5 shares the tenth place and counts
 * as within 10.
 * @returns `hr@k`, `ndcg@k` and `mrr@k` for each cut-off
 */
export function meanRankMetrics(ranks: Float64Array, cutoffs: readonly number[]): Metrics {
  const metrics: Metrics = {};
  for (const cutoff of cutoffs) {
    let hits = 0;
    let gain = 0;
    let reciprocal = 0;
    for (const rank of ranks) {
      if (rank >= cutoff + 1) continue;
      hits++;
      gain += 1 / Math.log2(rank + 1);
      reciprocal += 1 / rank;
    }
    metrics[`hr@${cutoff}`] = hits / ranks.length;
    metrics[`ndcg@${cutoff}`] = gain / ranks.length;
    metrics[`mrr@${cutoff}`] = reciprocal / ranks.length;
  }
  return metrics;
}
