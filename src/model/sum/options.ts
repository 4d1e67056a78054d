import { z } from 'zod';
import { describe } from '../../options/describe';
import { fieldRule } from '../../options/fieldRule';
import { featureNames, maxSequenceLengthField, samplerField } from '../parts/sharedOptions';

const rate = z.number().min(0).lt(1);

const lossSchema = z
  .strictObject({
    type: z
      .enum(['softmax', 'crossEntropy', 'log', 'rmse', 'mse'])
      .default('softmax')
      .meta(
        describe(
          '`softmax`: the chosen item against its negatives. Or each item for itself: `crossEntropy`, `log` (the same, with the probability kept from 0 and 1), `mse`, or its root `rmse` (the reference’s `square_loss`).',
        ),
      ),
    prediction: z
      .enum(['probability', 'score'])
      .default('probability')
      .meta(
        describe(
          'Prediction that `mse` and `rmse` compare with 1 and 0: the score’s logistic function, or the score itself. The reference’s `method`: classification or regression.',
        ),
      ),
    numNegatives: z
      .int()
      .min(1)
      .max(4096)
      .default(4)
      .meta(describe('Negative items drawn for each interaction.')),
    sampler: samplerField('unconsumed'),
  })
  .refine(({ type, prediction }) => type !== 'log' || prediction === 'probability', {
    message: 'must be `probability` with the loss `log`, which takes the logarithm of it',
    path: ['prediction'],
  })
  .prefault({})
  .meta(describe('Training loss.'));

export const sumSchema = z
  .strictObject({
    type: z
      .literal('sum')
      .meta(
        describe(
          'SUM: sequential user matrix, a memory of several interests per user (Lian et al., 2021, arXiv 2102.09211).',
        ),
      ),
    preset: z
      .enum(['microsoft'])
      .nullable()
      .default(null)
      .meta(
        describe(
          'Options of a reference implementation: `microsoft` is SUM of Microsoft Recommenders (`sum.yaml`). Options set here take precedence.',
        ),
      ),
    cell: z
      .enum(['SUM', 'SUMV2'])
      .default('SUM')
      .meta(
        describe(
          'Attention of the memory’s writes: that of its reads (`SUM`), or one computed from input and memory (`SUMV2`).',
        ),
      ),
    maxSequenceLength: maxSequenceLengthField,
    minSequenceLength: z
      .int()
      .min(1)
      .max(2048)
      .default(1)
      .meta(describe('Interactions with a shorter history are not learned from.')),
    minBatchSize: z
      .int()
      .min(1)
      .default(1)
      .meta(
        describe(
          'The last batch of an epoch is left out where it has fewer interactions. The reference leaves out those of fewer than 5.',
        ),
      ),
    slots: z
      .int()
      .min(1, 'must be at least 1, which is the highway channel alone')
      .max(64)
      .default(4)
      .meta(
        describe(
          'Memory channels of a user: one for each interest, and the highway channel that all items pass through. 1: the highway channel alone.',
        ),
      ),
    hiddenSize: z.int().min(1).max(1024).default(40).meta(describe('Width h of a memory channel.')),
    itemEmbeddingSize: z.int().min(1).max(4096).default(32).meta(describe('Width of the item embeddings.')),
    featureEmbeddingSize: z
      .int()
      .min(1)
      .max(4096)
      .default(8)
      .meta(describe('Width of the vectors of each item feature, such as the category.')),
    userEmbeddingSize: z
      .int()
      .min(0)
      .max(4096)
      .default(0)
      .meta(
        describe(
          'Width of a vector of each user that the last layers read beside memory and item; 0: none. The reference makes such vectors and never reads them.',
        ),
      ),
    itemFeatures: featureNames.meta(
      describe(
        'Item features whose vectors stand beside the item vector, in the history and for the candidate. `null`: all that the dataset has. `[]`: none.',
      ),
    ),
    alpha: z
      .enum(['exponential', 'softplus', 'free'])
      .default('exponential')
      .meta(
        describe(
          'Parametrization of α, which damps items that resemble the previous one: as e^θ or log(1 + e^θ), which stay positive, or as a free number (the reference), which ends in NaN below 0.',
        ),
      ),
    layerSizes: z
      .array(z.int().min(1).max(16_384))
      .max(16)
      .default([100, 64])
      .meta(describe('Widths of the output layers, which score memory and item. `[]`: a linear score.')),
    activation: z
      .enum(['none', 'relu', 'gelu', 'sigmoid', 'tanh', 'prelu', 'dice'])
      .default('relu')
      .meta(
        describe('Activation of the last layers. `prelu` and `dice` learn their slope for values below 0.'),
      ),
    batchNorm: z
      .boolean()
      .default(true)
      .meta(describe('Normalize each of the last layers over the batch before its activation.')),
    dropout: z
      .union([rate, z.array(rate)])
      .default(0)
      .meta(describe('Dropout rate of the output layers, or a list with one for each of `layerSizes`.')),
    dropoutPlace: z
      .enum(['beforeActivation', 'afterActivation'])
      .default('afterActivation')
      .meta(
        describe('Position of dropout in the output layers. The reference applies it before the activation.'),
      ),
    initializer: z
      .enum([
        'truncatedNormal',
        'normal',
        'uniform',
        'glorotNormal',
        'glorotUniform',
        'heNormal',
        'heUniform',
        'truncatedGlorotNormal',
        'truncatedHeNormal',
        'orthogonal',
      ])
      .default('truncatedNormal')
      .meta(
        describe(
          'Initializer of embeddings and output layers. `truncatedGlorotNormal` and `truncatedHeNormal` are the reference’s `xavier_normal` and `he_normal`, which TensorFlow cuts at two deviations and widens to the same variance. The memory’s own kernels are always `glorotUniform`, as in the reference.',
        ),
      ),
    initializerRange: z
      .number()
      .positive()
      .default(0.01)
      .meta(
        describe(
          'For `truncatedNormal` and `normal` the standard deviation, for `uniform` the largest value. Others follow from the widths.',
        ),
      ),
    loss: lossSchema,
    embeddingL2: z
      .number()
      .min(0)
      .default(1e-4)
      .meta(describe('Weight of half the squared norm of the vectors that a step touches.')),
    embeddingL1: z
      .number()
      .min(0)
      .default(0)
      .meta(describe('Weight of the absolute values of the vectors that a step touches.')),
    embeddingPenalty: z
      .enum(['mean', 'sum'])
      .default('mean')
      .meta(
        describe(
          'Whether the penalties of the touched vectors are divided by the examples of the step (`mean`) or not (`sum`, the reference: they weigh more in a smaller batch).',
        ),
      ),
    layerL2: z
      .number()
      .min(0)
      .default(1e-4)
      .meta(describe('Weight of half the squared norm of all other parameters but α and β.')),
    layerL1: z
      .number()
      .min(0)
      .default(0)
      .meta(describe('Weight of the absolute values of all other parameters but α and β.')),
  })
  .superRefine(
    fieldRule(
      ['minSequenceLength'],
      ({ minSequenceLength, maxSequenceLength }) => minSequenceLength <= maxSequenceLength,
      ({ maxSequenceLength }) => `must not be longer than \`maxSequenceLength\` (${maxSequenceLength})`,
    ),
  )
  .superRefine(
    fieldRule(
      ['dropout'],
      ({ dropout, layerSizes }) => typeof dropout === 'number' || dropout.length === layerSizes.length,
      ({ dropout, layerSizes }) =>
        `must be one number, or a list with as many as \`layerSizes\` has (${layerSizes.length}, and here ${String([dropout].flat().length)})`,
    ),
  )
  .meta(
    describe(
      'SUM, which keeps several interests of a user in a memory and reads them by the item in question.',
    ),
  );

export type SumConfig = z.output<typeof sumSchema>;
