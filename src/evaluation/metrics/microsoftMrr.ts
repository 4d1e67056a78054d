import { gainMetric } from './metric';

/** What the sequential models of Microsoft Recommenders report as `mean_mrr`, there without a cut-off. */
export const microsoftMrr = gainMetric({
  name: 'microsoftMrr',
  title: 'MRR (Microsoft)',
  definition:
    'Mean over all relevant items, not the first alone, of 1 / place; 0 for those that are not among the first k.',
  range: '0 to 1; 1 needs one relevant item',
  higherIsBetter: true,
  gain: (place) => 1 / place,
  ideal: (numRelevant) => numRelevant,
});
