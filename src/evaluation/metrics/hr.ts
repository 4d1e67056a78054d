import type { RankMetric } from './metric';

/** Hit rate: whether the item is among the first k. With one relevant item it is the recall, too. */
export const hr: RankMetric = { name: 'hr', needs: 'rank', higherIsBetter: true, of: () => 1 };
