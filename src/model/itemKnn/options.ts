import { z } from 'zod';
import { describe } from '../../options/describe';
import { fieldRule } from '../../options/fieldRule';

const normalizeField = z
  .boolean()
  .default(true)
  .meta(describe('Divide the dot product of two items by their norms. `false`: the plain dot product.'));

const similaritySchema = z
  .discriminatedUnion('type', [
    z
      .strictObject({ type: z.literal('cosine'), normalize: normalizeField })
      .meta(describe('Cosine of the items’ vectors of users.')),
    z
      .strictObject({ type: z.literal('adjustedCosine'), normalize: normalizeField })
      .meta(
        describe(
          'Cosine after subtracting each user’s mean from their interactions (Sarwar et al., WWW 2001). It needs `featureWeighting` `bm25`.',
        ),
      ),
    z
      .strictObject({
        type: z.literal('asymmetricCosine'),
        alpha: z
          .number()
          .min(0)
          .max(2)
          .default(0.5)
          .meta(
            describe(
              'Exponent of the candidate’s squared norm; that of the history’s item has 1 − `alpha`. 0.5: the cosine.',
            ),
          ),
        normalize: normalizeField,
      })
      .meta(describe('Cosine with unequal exponents of the two norms (Aiolli, RecSys 2013).')),
    z
      .strictObject({ type: z.literal('jaccard') })
      .meta(describe('Jaccard index: shared users divided by all users of either item.')),
    z
      .strictObject({ type: z.literal('dice') })
      .meta(describe('Dice coefficient: shared users divided by the mean number of users of the two.')),
    z
      .strictObject({
        type: z.literal('tversky'),
        alpha: z
          .number()
          .min(0)
          .default(1)
          .meta(describe('Weight of users that only the candidate has. 1 and `beta` 1: Jaccard.')),
        beta: z
          .number()
          .min(0)
          .default(1)
          .meta(describe('Weight of users that only the history’s item has.')),
      })
      .meta(describe('Tversky index: users that only one of the items has are weighted.')),
  ])
  .prefault({ type: 'cosine' })
  .meta(describe('Similarity of two items.'));

export const itemKnnSchema = z
  .strictObject({
    type: z
      .literal('itemKnn')
      .meta(
        describe(
          'Item-kNN: items whose users are the users of the history’s items (Sarwar et al., WWW 2001), with the similarities of Ferrari Dacrema et al. (RecSys 2019).',
        ),
      ),
    similarity: similaritySchema,
    featureWeighting: z
      .enum(['none', 'tfIdf', 'bm25'])
      .default('none')
      .meta(
        describe(
          'Weighting of interactions before cosines. `tfIdf`: users with many items count less. `bm25`: items with many users count less too.',
        ),
      ),
    numNeighbors: z
      .int()
      .min(1)
      .nullable()
      .default(null)
      .meta(describe('Number of neighbors kept for each item. `null`: all.')),
    neighborsOf: z
      .enum(['history', 'candidate'])
      .default('history')
      .meta(
        describe(
          'Items that keep `numNeighbors`: each item of the history (`history`; Deshpande and Karypis, 2004) or each candidate (`candidate`; Ferrari Dacrema et al., RecBole).',
        ),
      ),
    shrinkage: z
      .number()
      .min(0)
      .default(0)
      .meta(
        describe(
          'Added to the denominator of the similarity, which lowers similarities that rest on few users.',
        ),
      ),
  })
  .superRefine(
    fieldRule(
      ['featureWeighting'],
      ({ featureWeighting, similarity }) => featureWeighting === 'none' || similarity.type.endsWith('osine'),
      ({ similarity }) =>
        `must be \`none\` if \`similarity.type\` is \`${similarity.type}\`, which compares sets of users`,
    ),
  )
  .superRefine(
    fieldRule(
      ['similarity', 'type'],
      ({ featureWeighting, similarity }) =>
        similarity.type !== 'adjustedCosine' || featureWeighting === 'bm25',
      ({ featureWeighting }) =>
        `needs \`featureWeighting\` to be \`bm25\`, which is \`${featureWeighting}\`: without it all interactions of a user equal their mean`,
    ),
  )
  .meta(describe('Item-based nearest neighbors, a baseline without training.'));

export type ItemKnnConfig = z.output<typeof itemKnnSchema>;

/**
 * Newest interactions of a user that count, in training and as a history. Each pair of them is counted, so that one user of 20,000
 * would take as long as 400,000 of 30.
 */
export const NEWEST_COUNTED = 5000;

/** Scores of a batch, in 256 MB: the more histories share an item, the less often its neighbors are looked for. */
export const BATCH_SCORES = 64 * 1024 * 1024;
