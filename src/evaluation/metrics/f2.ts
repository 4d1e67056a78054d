import { gainMetric } from './metric';

/** F-measure with β = 2 (van Rijsbergen, 1979, "Information retrieval"). */
export const f2 = gainMetric({
  name: 'f2',
  title: 'F2',
  definition:
    'F1 with recall counting twice as much as precision: five times the relevant items among the first k, divided by k + four times the relevant items.',
  range: '0 to 1',
  higherIsBetter: true,
  gain: () => 5,
  ideal: (numRelevant, k) => k + 4 * numRelevant,
});
