import type { BaselineDescription } from '../description';
import { itemKnnSchema, NEWEST_COUNTED } from './options';
import { slowNote } from './slowNote';

export const itemKnn = {
  kind: 'baseline',
  title: 'item-kNN',
  summary: 'items that share users with the items of the history',
  page: 'baselines',
  measuredByDefault: true,
  options: itemKnnSchema,
  newestCounted: NEWEST_COUNTED,
  slowNote,
  load: async () => {
    const { ItemKnn } = await import('./itemKnn');
    return { fit: (sequences, options, _seed, letEventsIn) => ItemKnn.fit(sequences, options, letEventsIn) };
  },
} as const satisfies BaselineDescription<typeof itemKnnSchema>;
