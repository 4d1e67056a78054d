import { z } from 'zod';
import { describe } from '../../options/describe';
import type { BaselineDescription } from '../description';

const popularitySchema = z
  .strictObject({
    type: z
      .literal('popularity')
      .meta(describe('Popularity: recommends the most frequent items of training to every user.')),
  })
  .meta(describe('Popularity, a baseline without training.'));

export const popularity = {
  kind: 'baseline',
  title: 'popularity',
  summary: 'the most popular items, for every user',
  page: 'baselines',
  measuredByDefault: true,
  options: popularitySchema,
  load: async () => {
    const { Popularity } = await import('./popularity');
    return { fit: (sequences, _options, _seed, letEventsIn) => Popularity.fit(sequences, letEventsIn) };
  },
} as const satisfies BaselineDescription<typeof popularitySchema>;
