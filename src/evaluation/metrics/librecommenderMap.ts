import { map } from './map';
import type { RankMetric } from './metric';

/** What LibRecommender computes as MAP. */
export const librecommenderMap: RankMetric = {
  name: 'librecommenderMap',
  title: 'MAP (LibRecommender)',
  needs: 'rank',
  definition: 'MAP with the sum divided by the relevant items that are among the first k.',
  range: '0 to 1',
  higherIsBetter: true,
  of: ({ places }, k) => map.of({ places, numRelevant: Math.max(1, places.length) }, k),
};
