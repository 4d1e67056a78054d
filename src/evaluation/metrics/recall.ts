import { gainMetric } from './metric';

/** With one relevant item the recall is the hit rate, too. */
export const recall = gainMetric({
  name: 'recall',
  title: 'Recall',
  definition: 'Share of the relevant items that are among the first k.',
  range: '0 to 1',
  higherIsBetter: true,
  gain: () => 1,
  ideal: (numRelevant) => numRelevant,
});
