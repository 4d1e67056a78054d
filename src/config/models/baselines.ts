import { z } from 'zod';
import { describe } from '../describe';

/*
 * Recommenders without gradients. As models of their own they make runs that others are compared with.
 */

export const popularitySchema = z
  .strictObject({
    type: z
      .literal('popularity')
      .meta(describe('Popularity: every user gets the items that occur most often in training.')),
  })
  .meta(describe('Popularity, a baseline without training.'));

export const itemKnnSchema = z
  .strictObject({
    type: z
      .literal('itemKnn')
      .meta(
        describe(
          'Item-kNN: items whose users are the users of the history’s items, by cosine (Sarwar et al., WWW 2001).',
        ),
      ),
    numNeighbors: z
      .int()
      .min(1)
      .nullable()
      .default(null)
      .meta(describe('Most similar items that each item keeps. `null`: all.')),
    shrinkage: z
      .number()
      .min(0)
      .default(0)
      .meta(
        describe('Added to the denominator of the cosine, which lowers similarities that rest on few users.'),
      ),
  })
  .meta(describe('Item-based nearest neighbours, a baseline without training.'));

export const markovSchema = z
  .strictObject({
    type: z
      .literal('markov')
      .meta(describe('First-order Markov chain: items that followed the user’s newest item most often.')),
  })
  .meta(describe('First-order Markov chain, a baseline without training.'));

export type PopularityConfig = z.output<typeof popularitySchema>;
export type ItemKnnConfig = z.output<typeof itemKnnSchema>;
export type MarkovConfig = z.output<typeof markovSchema>;
export type BaselineConfig = PopularityConfig | ItemKnnConfig | MarkovConfig;
