import { z } from 'zod';
import { describe } from '../../options/describe';

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
      .meta(describe('Number of neighbors kept for each item. `null`: all.')),
    shrinkage: z
      .number()
      .min(0)
      .default(0)
      .meta(
        describe('Added to the denominator of the cosine, which lowers similarities that rest on few users.'),
      ),
  })
  .meta(describe('Item-based nearest neighbors, a baseline without training.'));

export type ItemKnnConfig = z.output<typeof itemKnnSchema>;

/**
 * Newest interactions of a user that count, in training and as a history. Each pair of them is counted, so that one user of 20,000
 * would take as long as 400,000 of 30.
 */
export const NEWEST_COUNTED = 5000;
