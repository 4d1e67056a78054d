import type { RankMetric } from './metric';

/**
 * Normalized discounted cumulative gain, 1/log₂(place + 1): with one relevant item the ideal DCG is 1 (Järvelin and Kekäläinen, 2002;
 * as in He et al., 2017, "Neural Collaborative Filtering").
 */
export const ndcg: RankMetric = {
  name: 'ndcg',
  needs: 'rank',
  higherIsBetter: true,
  of: (place) => 1 / Math.log2(place + 1),
};
