import type { RankMetric } from './metric';

/** With one relevant item the recall is the hit rate, too. */
export const recall: RankMetric = {
  name: 'recall',
  title: 'Recall',
  needs: 'rank',
  definition: 'Share of the relevant items that are among the first k.',
  range: '0 to 1',
  higherIsBetter: true,
  of: ({ places, numRelevant }) => places.length / numRelevant,
};
