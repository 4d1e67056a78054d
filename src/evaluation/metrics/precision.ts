import { gainMetric } from './metric';

/** With one relevant item it is HR@k divided by k. */
export const precision = gainMetric({
  name: 'precision',
  title: 'Precision',
  definition: 'Share of the first k places that hold a relevant item.',
  range: '0 to 1',
  higherIsBetter: true,
  gain: () => 1,
  ideal: (_numRelevant, k) => k,
});
