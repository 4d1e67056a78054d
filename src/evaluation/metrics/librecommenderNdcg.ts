import type { RankMetric } from './metric';
import { ndcg } from './ndcg';

/** What LibRecommender computes as NDCG. */
export const librecommenderNdcg: RankMetric = {
  name: 'librecommenderNdcg',
  title: 'NDCG (LibRecommender)',
  needs: 'rank',
  definition:
    'NDCG with an ideal list of the relevant items that are among the first k, whatever is missing there.',
  range: '0 to 1',
  higherIsBetter: true,
  of: ({ places }, k) => ndcg.of({ places, numRelevant: Math.max(1, places.length) }, k),
};
