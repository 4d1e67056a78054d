import type { BaselineDescription } from '../description';
import { easeSchema } from './options';

export const ease = {
  kind: 'baseline',
  title: 'EASE',
  summary: 'linear item-to-item weights in closed form',
  page: 'baselines',
  options: easeSchema,
  measuredByDefault: false,
  // The item-item matrix, of which everything is made in place.
  fitBytes: (numItems) => 8 * numItems ** 2,
  load: async () => {
    const { Ease } = await import('./ease');
    return { fit: (sequences, options, _seed, letEventsIn) => Ease.fit(sequences, options, letEventsIn) };
  },
} as const satisfies BaselineDescription<typeof easeSchema>;
