import { z } from 'zod';
import { describe } from '../../options/describe';
import type { BaselineDescription } from '../description';

const markovSchema = z
  .strictObject({
    type: z
      .literal('markov')
      .meta(describe('First-order Markov chain: items that followed the user’s newest item most often.')),
  })
  .meta(describe('First-order Markov chain, a baseline without training.'));

export const markov = {
  kind: 'baseline',
  title: 'Markov',
  summary: 'items that most often followed the newest item',
  page: 'baselines',
  measuredByDefault: true,
  options: markovSchema,
  load: async () => {
    const { Markov } = await import('./markov');
    return { fit: (sequences, _options, _seed, letEventsIn) => Markov.fit(sequences, letEventsIn) };
  },
} as const satisfies BaselineDescription<typeof markovSchema>;
