import { z } from 'zod';
import { describe } from '../describe';

const lossSchema = z
  .discriminatedUnion('type', [
    z
      .strictObject({
        type: z.literal('crossEntropy'),
      })
      .meta(describe('Softmax cross-entropy over the whole catalogue at every position.')),
    z
      .strictObject({
        type: z.literal('bce'),
        numNegatives: z
          .int()
          .min(1)
          .max(4096)
          .default(1)
          .meta(
            describe(
              'Negative items drawn for each position, uniformly from the items the user has not met in training.',
            ),
          ),
      })
      .meta(
        describe(
          'Binary cross-entropy of the next item against sampled negatives (the original SASRec loss).',
        ),
      ),
  ])
  .prefault({ type: 'crossEntropy' })
  .meta(describe('Training loss.'));

export const sasrecSchema = z
  .strictObject({
    type: z
      .literal('sasrec')
      .meta(describe('SASRec: self-attentive sequential recommendation (Kang and McAuley, ICDM 2018).')),
    maxSequenceLength: z
      .int()
      .min(1)
      .max(2048)
      .default(50)
      .meta(describe('Longest history the model sees; of longer ones the newest items are used.')),
    hiddenSize: z
      .int()
      .min(1)
      .max(4096)
      .default(64)
      .meta(describe('Width d of the item vectors and of the blocks.')),
    numBlocks: z.int().min(1).max(64).default(2).meta(describe('Number of transformer blocks.')),
    numHeads: z
      .int()
      .min(1)
      .max(64)
      .default(1)
      .meta(describe('Attention heads of a block; must divide `hiddenSize`.')),
    innerSize: z
      .int()
      .min(1)
      .max(16384)
      .nullable()
      .default(null)
      .meta(describe('Width of the feed-forward layer’s hidden part. `null`: the same as `hiddenSize`.')),
    activation: z
      .enum(['relu', 'gelu'])
      .default('relu')
      .meta(describe('Activation of the feed-forward layer.')),
    normalization: z
      .enum(['pre', 'post'])
      .default('pre')
      .meta(describe('Where LayerNorm sits: before each sub-layer (`pre`) or after its residual (`post`).')),
    dropout: z
      .number()
      .min(0)
      .lt(1)
      .default(0.2)
      .meta(
        describe(
          'Share of values set to zero in training: on embeddings, attention weights and both sub-layers.',
        ),
      ),
    scaleEmbedding: z
      .boolean()
      .default(true)
      .meta(
        describe('Multiply item vectors by √hiddenSize where they enter the blocks, as the original does.'),
      ),
    initializerRange: z
      .number()
      .positive()
      .default(0.02)
      .meta(describe('Standard deviation of the normal distribution that embeddings start from.')),
    loss: lossSchema,
  })
  .refine((model) => model.hiddenSize % model.numHeads === 0, {
    message: 'must divide `hiddenSize`',
    path: ['numHeads'],
  })
  .meta(describe('The model and its size.'));

export type SasrecConfig = z.output<typeof sasrecSchema>;
