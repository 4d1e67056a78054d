import type { RankMetric } from './metric';

/** Reciprocal rank, 1/place; its mean over users is the MRR. */
export const mrr: RankMetric = { name: 'mrr', needs: 'rank', higherIsBetter: true, of: (place) => 1 / place };
