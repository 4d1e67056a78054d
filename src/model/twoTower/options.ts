import { z } from 'zod';
import { describe } from '../../options/describe';
import { fieldRule } from '../../options/fieldRule';
import { batchSizeCountsField, featureNames } from '../parts/sharedOptions';

const samplerSchema = z
  .enum(['uniform', 'unconsumed', 'popular'])
  .default('unconsumed')
  .meta(
    describe(
      'Sampling of negatives: any other item (`uniform`), an item without a training interaction of the user (`unconsumed`), or any other with probability ∝ (training interactions)^0.75 (`popular`).',
    ),
  );

const numNegativesSchema = z
  .int()
  .min(1)
  .max(4096)
  .default(1)
  .meta(describe('Negative items drawn for each interaction.'));

const softmaxSchema = z
  .strictObject({
    type: z.literal('softmax'),
    temperature: z
      .union([
        z
          .number()
          .refine(
            (value) => value > 0,
            'must be above 0, because scores are divided by it; write `"learned"` for one that is learned',
          ),
        z.enum(['learned', 'learnedUnbounded']),
      ])
      .default(1)
      .meta(
        describe(
          'Divisor of the scores; small values (such as 0.05) suit `normalizeOutput`. `"learned"`: a parameter that starts at 1 and stays within 0.01 and 100. `"learnedUnbounded"`: a bare scalar, as in LibRecommender, which may even turn negative.',
        ),
      ),
    correction: z
      .enum(['none', 'counts', 'smoothedCounts'])
      .default('smoothedCounts')
      .meta(
        describe(
          'logQ correction: popular items are in more batches, so log Q of each item is subtracted from its scores in training. Q is its share of the training interactions (`counts`), or that with one interaction more for every item (`smoothedCounts`).',
        ),
      ),
    removeAccidentalHits: z
      .boolean()
      .default(true)
      .meta(describe('Whether a row’s own item, when it is in the batch twice, is no negative.')),
  })
  .meta(describe('In-batch softmax: every user’s item against the other items of the batch.'));

const lossSchema = z
  .discriminatedUnion('type', [
    softmaxSchema,
    z
      .strictObject({
        type: z.literal('crossEntropy'),
        numNegatives: numNegativesSchema,
        sampler: samplerSchema,
      })
      .meta(describe('Binary cross-entropy of interactions against sampled negatives.')),
    z
      .strictObject({
        type: z.literal('maxMargin'),
        margin: z
          .number()
          .positive()
          .default(1)
          .meta(describe('Margin between the scores of positive and negative.')),
        numNegatives: numNegativesSchema,
        sampler: samplerSchema,
      })
      .meta(describe('Hinge loss: the mean of max(0, margin + negative − positive).')),
  ])
  .prefault({ type: 'softmax' })
  .meta(describe('Training loss.'));

export const twoTowerSchema = z
  .strictObject({
    type: z
      .literal('twoTower')
      .meta(
        describe(
          'Two towers: one network makes a vector of the user, another one of the item (Yi et al., RecSys 2019).',
        ),
      ),
    preset: z
      .enum(['librecommender'])
      .nullable()
      .default(null)
      .meta(describe('Follow a reference implementation. Options set here take precedence.')),
    embeddingSize: z
      .int()
      .min(1)
      .max(4096)
      .default(16)
      .meta(describe('Width of the vectors of ids and of feature values.')),
    hiddenSizes: z
      .array(z.int().min(1).max(16384))
      .min(1)
      .default([128, 64, 32])
      .meta(describe('Widths of both towers’ layers; the last is that of the vectors that are compared.')),
    maxSequenceLength: z
      .int()
      .min(0)
      .max(2048)
      .default(20)
      .meta(
        describe(
          'Number of a user’s newest items that the user tower reads, pooled into one vector. 0: none; new interactions then have no effect until the next training (LibRecommender).',
        ),
      ),
    historyPooling: z
      .enum(['recency', 'mean'])
      .default('recency')
      .meta(
        describe(
          'Pooling of the history: their mean, with a weight for each place from the newest that starts at 1/place and is learned (`recency`), or with all alike (`mean`).',
        ),
      ),
    userIds: z
      .boolean()
      .default(true)
      .meta(
        describe(
          'Embeddings of user ids beside history and features. Without them, no user is memorized, and unseen users are served like any other.',
        ),
      ),
    userFeatures: featureNames.meta(
      describe('Features of users that the tower reads, by name. `null`: all that the dataset has.'),
    ),
    itemFeatures: featureNames.meta(
      describe('Features of items that the tower reads, by name. `null`: all that the dataset has.'),
    ),
    useBatchNorm: z
      .boolean()
      .default(true)
      .meta(describe('BatchNorm on the input of a tower and behind every layer but the last.')),
    dropout: z
      .number()
      .min(0)
      .lt(1)
      .default(0)
      .meta(describe('Dropout rate after every layer except the last.')),
    normalizeOutput: z
      .boolean()
      .default(false)
      .meta(
        describe(
          'L2-normalize the towers’ outputs. Scores are then cosines, and `loss.temperature` should be small.',
        ),
      ),
    idDropout: z
      .number()
      .min(0)
      .lt(1)
      .default(0)
      .meta(
        describe(
          'Share of ids that training takes for unknown, so that the towers learn to go by features alone. With 0, unknown users and items get the mean of all id vectors.',
        ),
      ),
    l2: z
      .number()
      .min(0)
      .default(0)
      .meta(describe('Weight of the sum of squares of all embeddings in the loss.')),
    loss: lossSchema,
    batchSizeCounts: batchSizeCountsField(
      'with `crossEntropy` interactions and negatives alike, with `maxMargin` the negatives, and with `softmax`, which draws none, interactions',
    ),
    negativeBatchNorm: z
      .enum(['joint', 'separate'])
      .default('joint')
      .meta(
        describe(
          'With the loss `maxMargin`: whether BatchNorm takes items and their negatives for one batch, or each for its own, which tells them apart.',
        ),
      ),
    selfSupervised: z
      .enum(['rfm', 'rfmComplementary', 'cfm'])
      .nullable()
      .default(null)
      .meta(
        describe(
          'Self-supervised learning: two views of an item, each with about half of its columns (its id and its features) hidden, should be alike (Yao et al., CIKM 2021). Hidden are random columns (`rfm`), a random half and the other half (`rfmComplementary`), or the columns most related to a random one and the rest (`cfm`, by mutual information in the training interactions). Needs item features and the loss `softmax`.',
        ),
      ),
    selfSupervisedWeight: z
      .number()
      .positive()
      .default(0.2)
      .meta(describe('Weight α of the self-supervised loss beside the main one.')),
    selfSupervisedMasks: z
      .enum(['perRow', 'perBatch'])
      .default('perRow')
      .meta(describe('Whether each item of a batch hides columns of its own, or all items the same.')),
    selfSupervisedBatchNorm: z
      .enum(['separate', 'shared'])
      .default('separate')
      .meta(
        describe(
          'Whether items with hidden columns count in the running statistics of BatchNorm (`shared`) or not (`separate`).',
        ),
      ),
  })
  .superRefine(
    fieldRule(
      ['selfSupervised'],
      ({ selfSupervised, loss }) => selfSupervised === null || loss.type === 'softmax',
      ({ loss }) => `needs \`loss.type\` to be \`softmax\`, which is \`${loss.type}\``,
    ),
  )
  .meta(describe('The model.'));

export type TwoTowerConfig = z.output<typeof twoTowerSchema>;

/** How much of the batch size an interaction takes up. */
export function rowsPerExample({ loss, batchSizeCounts }: TwoTowerConfig): number {
  if (batchSizeCounts === 'interactions' || loss.type === 'softmax') return 1;
  return loss.type === 'crossEntropy' ? 1 + loss.numNegatives : loss.numNegatives;
}
