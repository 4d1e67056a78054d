import type { RankMetric } from './metric';

/** The mean over users of the reciprocal rank is the MRR (Voorhees, 1999, "The TREC-8 question answering track report"). */
export const mrr: RankMetric = {
  name: 'mrr',
  title: 'MRR',
  needs: 'rank',
  definition: 'Reciprocal rank: 1 / place of the first relevant item if it is among the first k, else 0.',
  range: '0 to 1',
  higherIsBetter: true,
  of: ({ places }) => (places.length > 0 ? 1 / places[0]! : 0),
};
