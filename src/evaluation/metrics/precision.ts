import type { RankMetric } from './metric';

/** With one relevant item it is HR@k divided by k. */
export const precision: RankMetric = {
  name: 'precision',
  title: 'Precision',
  needs: 'rank',
  definition: 'Share of the first k places that hold a relevant item.',
  range: '0 to 1',
  higherIsBetter: true,
  of: ({ places }, k) => places.length / k,
};
