import { z } from 'zod';
import { describe } from '../../options/describe';
import { fieldRule } from '../../options/fieldRule';
import { nextItemLossSchema, sharesNegatives, trainOnSchema } from '../parts/nextItemLossOptions';
import { longHistoriesField, maxSequenceLengthField, outputEmbeddingField } from '../parts/sharedOptions';

export const gru4recSchema = z
  .strictObject({
    type: z
      .literal('gru4rec')
      .meta(
        describe(
          'GRU4Rec: a recurrent network over the history (Hidasi et al., ICLR 2016, with item embeddings).',
        ),
      ),
    preset: z
      .enum(['recbole'])
      .nullable()
      .default(null)
      .meta(
        describe(
          'Follow a public implementation, with its defaults for all options below. Options set here take precedence.',
        ),
      ),
    maxSequenceLength: maxSequenceLengthField,
    longHistories: longHistoriesField,
    embeddingSize: z.int().min(1).max(4096).default(64).meta(describe('Width of the item embeddings.')),
    hiddenSize: z.int().min(1).max(4096).default(64).meta(describe('Width of the recurrent state.')),
    numLayers: z
      .int()
      .min(1)
      .max(16)
      .default(1)
      .meta(describe('GRU layers; each reads the states of the one before.')),
    outputProjection: z
      .boolean()
      .nullable()
      .default(null)
      .meta(
        describe(
          'Linear layer from the state to the width of the item vectors. `null`: only where the widths differ, because it is needed there.',
        ),
      ),
    embeddingDropout: z
      .number()
      .min(0)
      .lt(1)
      .default(0.2)
      .meta(describe('Dropout rate of the item embeddings.')),
    layerDropout: z.number().min(0).lt(1).default(0).meta(describe('Dropout between GRU layers.')),
    outputEmbedding: outputEmbeddingField,
    embeddingInitializer: z
      .enum(['normal', 'glorotNormal'])
      .default('normal')
      .meta(
        describe(
          'Initializer of the item embeddings; `normal` has the standard deviation `initializerRange`.',
        ),
      ),
    initializerRange: z
      .number()
      .positive()
      .default(0.02)
      .meta(describe('Standard deviation of the `normal` initializer.')),
    recurrentInitializer: z
      .enum(['orthogonal', 'glorotUniform', 'uniform'])
      .default('orthogonal')
      .meta(
        describe(
          'Initializer of the recurrent kernels. Input kernels use `glorotUniform`, or `uniform` as well, which is ±1/√hiddenSize, PyTorch’s default.',
        ),
      ),
    trainOn: trainOnSchema,
    loss: nextItemLossSchema,
  })
  .superRefine(
    fieldRule(
      ['outputProjection'],
      (model) => model.outputProjection !== false || model.embeddingSize === model.hiddenSize,
      ({ hiddenSize, embeddingSize }) =>
        `cannot be off while \`hiddenSize\` (${hiddenSize}) and \`embeddingSize\` (${embeddingSize}) differ`,
    ),
  )
  .superRefine(
    fieldRule(
      ['loss', 'sharedNegatives'],
      ({ trainOn, loss }) => trainOn === 'all' || !sharesNegatives(loss),
      ({ trainOn }) =>
        `needs \`model.trainOn\` to be \`all\`, which is \`${trainOn}\`: its examples have negatives of their own`,
    ),
  )
  .meta(describe('The model.'));

export type Gru4recConfig = z.output<typeof gru4recSchema>;

/** Whether a linear layer leads from the state to the width of the item vectors. */
export const hasOutputProjection = ({
  outputProjection,
  embeddingSize,
  hiddenSize,
}: Gru4recConfig): boolean => outputProjection ?? embeddingSize !== hiddenSize;
