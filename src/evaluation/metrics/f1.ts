import { gainMetric } from './metric';

/** Harmonic mean of precision and recall (van Rijsbergen, 1979, "Information retrieval"). The mean of users' F1, not the F1 of means. */
export const f1 = gainMetric({
  name: 'f1',
  title: 'F1',
  definition:
    'Harmonic mean of precision and recall: twice the relevant items among the first k, divided by k + relevant items.',
  range: '0 to 1',
  higherIsBetter: true,
  gain: () => 2,
  ideal: (numRelevant, k) => k + numRelevant,
});
