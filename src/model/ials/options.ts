import { z } from 'zod';
import { describe } from '../../options/describe';

const regularizationField = z
  .number()
  .positive()
  .meta(describe('Weight λ of the squared norms of all vectors.'));

const confidenceField = z.number().positive();

const objectiveSchema = z
  .discriminatedUnion('type', [
    z
      .strictObject({
        type: z.literal('rendle'),
        unobservedWeight: z
          .number()
          .positive()
          .default(1)
          .meta(describe('Weight α₀ of all pairs of users and items, whose target is 0.')),
        regularization: regularizationField.default(0.005),
        frequencyExponent: z
          .number()
          .min(0)
          .max(1)
          .default(1)
          .meta(
            describe(
              'Exponent ν: λ is multiplied by (observed + α₀ · others)^ν, by the observed pairs of the user or item and all items or users. 0: λ alone.',
            ),
          ),
      })
      .meta(
        describe(
          'Observed pairs of weight 1, all pairs of weight α₀, regularization scaled by frequency (Rendle et al., RecSys 2022).',
        ),
      ),
    z
      .strictObject({
        type: z.literal('hkv'),
        alpha: confidenceField
          .default(1)
          .meta(describe('Confidence 1 + α · r of a pair with r interactions; 1 of all others.')),
        regularization: regularizationField.default(30),
      })
      .meta(describe('Confidence 1 + α · r (Hu, Koren, Volinsky, ICDM 2008).')),
    z
      .strictObject({
        type: z.literal('implicit'),
        alpha: confidenceField
          .default(10)
          .meta(describe('Confidence α · r of a pair with r interactions; 1 of all others.')),
        regularization: regularizationField.default(100),
      })
      .meta(describe('Confidence α · r, as the library `implicit` has it.')),
  ])
  .prefault({ type: 'rendle' })
  .meta(describe('Loss to be minimized.'));

export const ialsSchema = z
  .strictObject({
    type: z
      .literal('ials')
      .meta(
        describe(
          'iALS: matrix factorization of implicit feedback by alternating least squares (Hu, Koren, Volinsky, ICDM 2008; Rendle et al., RecSys 2022).',
        ),
      ),
    factors: z.int().min(1).max(1024).default(64).meta(describe('Length of the vectors of users and items.')),
    iterations: z
      .int()
      .min(1)
      .max(1000)
      .default(8)
      .meta(describe('Sweeps: each solves for all users, then for all items.')),
    objective: objectiveSchema,
  })
  .meta(describe('Alternating least squares, a baseline without gradients.'));

export type IalsConfig = z.output<typeof ialsSchema>;
