import { gainMetric } from './metric';

/**
 * Järvelin and Kekäläinen (2002), "Cumulated gain-based evaluation of IR techniques". The ideal list has all relevant items in
 * front, as many as it has room for: with one of them, what is left is 1/log₂(place + 1), as in He et al. (2017), "Neural
 * Collaborative Filtering".
 */
export const ndcg = gainMetric({
  name: 'ndcg',
  title: 'NDCG',
  definition:
    'Normalized discounted cumulative gain: the sum of 1 / log₂(place + 1) over the relevant items among the first k, divided by that of an ideal list, which has min(k, relevant items) of them in front.',
  range: '0 to 1',
  higherIsBetter: true,
  gain: (place) => 1 / Math.log2(place + 1),
  ideal(numRelevant, k) {
    let ideal = 0;
    for (let place = 1; place <= Math.min(k, numRelevant); place++) ideal += 1 / Math.log2(place + 1);
    return ideal;
  },
});
