import { gainMetric } from './metric';
import { ndcg } from './ndcg';

/** What RecTools computes as NDCG unless `divide_by_achievable` is set. */
export const rectoolsNdcg = gainMetric({
  name: 'rectoolsNdcg',
  title: 'NDCG (RecTools)',
  definition: 'NDCG with an ideal list of k relevant items, however many the user has.',
  range: '0 to 1; 1 needs k relevant items',
  higherIsBetter: true,
  gain: ndcg.gains.gain,
  ideal: (_numRelevant, k) => ndcg.gains.ideal(k, k),
});
