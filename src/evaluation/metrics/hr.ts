import type { RankMetric } from './metric';

/** With one relevant item the hit rate is the recall, too. */
export const hr: RankMetric = {
  name: 'hr',
  title: 'HR',
  needs: 'rank',
  definition: 'Hit rate: 1 if a relevant item is among the first k, else 0.',
  range: '0 to 1',
  higherIsBetter: true,
  of: ({ places }) => (places.length > 0 ? 1 : 0),
};
