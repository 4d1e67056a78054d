import { z } from 'zod';
import { describe } from '../../options/describe';
import { samplerField } from '../parts/sharedOptions';

export const bprMfSchema = z
  .strictObject({
    type: z
      .literal('bprMf')
      .meta(
        describe(
          'BPR-MF: matrix factorization trained by Bayesian personalized ranking (Rendle et al., UAI 2009).',
        ),
      ),
    preset: z
      .enum(['recbole'])
      .nullable()
      .default(null)
      .meta(describe('Follow a reference implementation. Options set here take precedence.')),
    embeddingSize: z
      .int()
      .min(1)
      .max(4096)
      .default(64)
      .meta(describe('Width of the embeddings of users and items.')),
    itemBias: z
      .boolean()
      .default(true)
      .meta(describe('A learned number for each item that is added to its scores.')),
    embeddingInitializer: z
      .enum(['normal', 'glorotNormal'])
      .default('normal')
      .meta(
        describe('Initializer of the embeddings; `normal` has the standard deviation `initializerRange`.'),
      ),
    initializerRange: z
      .number()
      .positive()
      .default(0.1)
      .meta(describe('Standard deviation of the `normal` initializer.')),
    numNegatives: z
      .int()
      .min(1)
      .max(4096)
      .default(1)
      .meta(describe('Negative items drawn for each interaction.')),
    sampler: samplerField('unconsumed'),
    l2: z
      .number()
      .min(0)
      .default(0.01)
      .meta(
        describe(
          'Weight of the squared embeddings and biases of an interaction’s user, item and negatives in the loss.',
        ),
      ),
    sigmoidEpsilon: z
      .number()
      .min(0)
      .default(0)
      .meta(
        describe(
          'Added to the sigmoid before its logarithm (RecBole: 1e-10), where differences far below 0 then have no gradient. 0: the exact loss.',
        ),
      ),
  })
  .meta(describe('The model.'));

export type BprMfConfig = z.output<typeof bprMfSchema>;
