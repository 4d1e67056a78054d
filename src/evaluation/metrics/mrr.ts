import { gainMetric } from './metric';

/** The mean over users of the reciprocal rank is the MRR (Voorhees, 1999, "The TREC-8 question answering track report"). */
export const mrr = gainMetric({
  name: 'mrr',
  title: 'MRR',
  definition: 'Reciprocal rank: 1 / place of the first relevant item if it is among the first k, else 0.',
  range: '0 to 1',
  higherIsBetter: true,
  gain: (place, nth) => (nth === 1 ? 1 / place : 0),
  ideal: () => 1,
});
