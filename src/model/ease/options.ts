import { z } from 'zod';
import { describe } from '../../options/describe';

export const easeSchema = z
  .strictObject({
    type: z
      .literal('ease')
      .meta(
        describe('EASE: a linear item-to-item model whose weights have a closed form (Steck, WWW 2019).'),
      ),
    regularization: z
      .number()
      .positive()
      .default(1000)
      .meta(
        describe(
          'L2 regularization λ, added to the diagonal of the item-item matrix. RecBole’s default is 250, RecTools’ is 500.',
        ),
      ),
  })
  .meta(describe('Embarrassingly shallow autoencoder, a baseline without training.'));

export type EaseConfig = z.output<typeof easeSchema>;
