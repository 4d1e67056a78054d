import { gainMetric } from './metric';

/**
 * The mean over users of the average precision (Manning, Raghavan and Schütze, 2008, "Introduction to Information Retrieval",
 * chapter 8.4), cut at k: what is divided by is the number of relevant items that the list has room for, so that 1 is in reach.
 * With one relevant item it is the MRR.
 */
export const map = gainMetric({
  name: 'map',
  title: 'MAP',
  definition:
    'Average precision: the sum, over the relevant items among the first k, of the share of relevant items up to its place, divided by min(k, relevant items).',
  range: '0 to 1',
  higherIsBetter: true,
  gain: (place, nth) => nth / place,
  ideal: (numRelevant, k) => Math.min(k, numRelevant),
});
