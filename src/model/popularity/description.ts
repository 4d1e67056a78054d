import { z } from 'zod';
import { describe } from '../../options/describe';
import type { BaselineDescription } from '../description';

const popularitySchema = z
  .strictObject({
    type: z
      .literal('popularity')
      .meta(describe('Popularity: every user gets the items that occur most often in training.')),
  })
  .meta(describe('Popularity, a baseline without training.'));

export const popularity = {
  kind: 'baseline',
  title: 'popularity',
  summary: 'the most popular items for everybody',
  page: 'baselines',
  options: popularitySchema,
  load: async () => {
    const { Popularity } = await import('./popularity');
    return { fit: (sequences, _, pause) => Popularity.fit(sequences, pause) };
  },
} as const satisfies BaselineDescription<typeof popularitySchema>;
