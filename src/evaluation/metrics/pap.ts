import { gainMetric } from './metric';
import { irrelevantBehind } from './partialAuc';

/** What partial AUC and precision share (Hiranandani et al., ICML 2020, "Optimization and analysis of the pAp@k metric for recommender systems"), as RecTools has it. */
export const pap = gainMetric({
  name: 'pap',
  title: 'PAP',
  definition:
    'Partial AUC plus precision: partial AUC with the first min(k, relevant items) of the relevant items alone.',
  range: '0 to 1',
  higherIsBetter: true,
  looksBeyond: true,
  gain: (place, nth, k) => (nth <= k ? irrelevantBehind(place, nth, k) : 0),
  ideal: (numRelevant, k) => Math.min(k, numRelevant),
});
