import { gainMetric } from './metric';

/** Manning, Raghavan and Schütze (2008), "Introduction to Information Retrieval", chapter 8.4, cut at k as RecTools has it. */
export const rPrecision = gainMetric({
  name: 'rPrecision',
  title: 'R-precision',
  definition: 'Relevant items among the first k, divided by min(k, relevant items).',
  range: '0 to 1',
  higherIsBetter: true,
  gain: () => 1,
  ideal: (numRelevant, k) => Math.min(k, numRelevant),
});
