import { z } from 'zod';
import { describe } from '../describe';
import type { Preset } from '../presets';
import {
  attentionFields,
  headFields,
  headInputsField,
  pairInputFields,
  pairTrainingFields,
} from './pairFields';

export const dinSchema = z
  .strictObject({
    type: z
      .literal('din')
      .meta(
        describe(
          'DIN: deep interest network, attention of a candidate to the history (Zhou et al., KDD 2018).',
        ),
      ),
    preset: z
      .enum(['notebook', 'paperRepository', 'recbole', 'librecommender'])
      .nullable()
      .default(null)
      .meta(
        describe(
          'Options of a reference implementation: the RecoHut notebook with Dice (`notebook`), zhougr1993/DeepInterestNetwork (`paperRepository`), RecBole or LibRecommender. Fields of this config win.',
        ),
      ),
    ...pairInputFields,
    ...attentionFields,
    historyProjection: z
      .boolean()
      .default(false)
      .meta(
        describe('Whether the attended history goes through BatchNorm and a linear layer, as in DIN’s code.'),
      ),
    headInputs: headInputsField('the history as the candidate attends to it', [
      'user',
      'item',
      'interest',
      'interestProduct',
    ]),
    ...headFields,
    itemBias: z
      .boolean()
      .default(true)
      .meta(describe('Whether each item has a learned value that is added to its scores.')),
    emptyHistory: z
      .enum(['skip', 'learned'])
      .default('skip')
      .meta(
        describe(
          'An interaction without a history: not learned from, and nothing is attended to (`skip`), or a learned vector stands for the history (`learned`, LibRecommender’s padding item).',
        ),
      ),
    negativeHistory: z
      .enum(['shared', 'random'])
      .default('shared')
      .meta(
        describe(
          'The history that a negative is scored with: that of the interaction which it is drawn for (`shared`), or what the user had before a random item of the training part (`random`, LibRecommender; where the user has met the negative, what came before that).',
        ),
      ),
    ...pairTrainingFields,
  })
  .meta(describe('The model and its size.'));

export type DinConfig = z.output<typeof dinSchema>;

/** Options of the references, as the model's documentation compares them. */
export const dinPresets: Record<string, Preset<z.input<typeof dinSchema>>> = {
  notebook: {
    model: {
      attentionLayers: [36],
      attentionActivation: 'sigmoid',
      attentionScale: true,
      attentionSoftmax: true,
      historyProjection: true,
      headInputs: ['user', 'item', 'interest'],
      headLayers: [80, 40],
      headActivation: 'scaledDice',
      headBatchNorm: 'none',
      headBatchNormInput: true,
      batchNormDecay: 0.99,
      batchNormEpsilon: 1e-3,
      diceEpsilon: 1e-3,
      itemBias: true,
      loss: 'bce',
      numNegatives: 1,
      sampler: 'unconsumed',
      initializer: 'glorotUniform',
    },
  },
  paperRepository: {
    model: {
      embeddingSize: 64,
      attentionLayers: [80, 40],
      attentionActivation: 'sigmoid',
      attentionScale: true,
      attentionSoftmax: true,
      historyProjection: true,
      headInputs: ['interest', 'item', 'interestProduct'],
      headLayers: [80, 40],
      headActivation: 'scaledDice',
      headBatchNorm: 'none',
      headBatchNormInput: true,
      batchNormDecay: 0.99,
      batchNormEpsilon: 1e-3,
      diceEpsilon: 1e-3,
      itemBias: true,
      loss: 'bce',
      numNegatives: 1,
      sampler: 'unconsumed',
      initializer: 'glorotUniform',
    },
    training: {
      batchSize: 32,
      learningRate: 1,
      optimizer: { type: 'sgd' },
      clipping: { type: 'globalNorm', norm: 5 },
    },
  },
  recbole: {
    model: {
      embeddingSize: 10,
      attentionLayers: [256, 256, 256],
      attentionActivation: 'sigmoid',
      attentionScale: true,
      attentionSoftmax: false,
      historyProjection: false,
      headInputs: ['interest', 'item', 'interestProduct'],
      headLayers: [256, 256, 256],
      headActivation: 'silu',
      headLinearLast: false,
      headDropout: 0,
      headDropoutAt: 'input',
      headBatchNorm: 'beforeActivation',
      headBatchNormInput: false,
      batchNormDecay: 0.9,
      batchNormEpsilon: 1e-5,
      batchNormVariance: 'unbiased',
      itemBias: false,
      loss: 'bce',
      numNegatives: 1,
      sampler: 'unconsumed',
      initializer: 'glorotNormal',
    },
    training: { batchSize: 2048, learningRate: 0.001 },
  },
  librecommender: {
    model: {
      maxSequenceLength: 10,
      embeddingSize: 16,
      attentionLayers: [16],
      attentionActivation: 'sigmoid',
      attentionScale: true,
      attentionSoftmax: true,
      historyProjection: false,
      headInputs: ['user', 'item', 'interest'],
      headLayers: [128, 64, 32],
      headActivation: 'relu',
      headLinearLast: true,
      headDropout: 0,
      headDropoutAt: 'output',
      headBatchNorm: 'afterActivation',
      headBatchNormInput: true,
      batchNormDecay: 0.99,
      batchNormEpsilon: 1e-3,
      itemBias: false,
      emptyHistory: 'learned',
      negativeHistory: 'random',
      batchSizeCounts: 'candidates',
      loss: 'bce',
      numNegatives: 1,
      sampler: 'uniform',
      initializer: 'glorotUniform',
    },
    training: {
      batchSize: 256,
      learningRate: 0.001,
      optimizer: { type: 'adam', epsilon: 1e-5, epsilonHat: true },
    },
  },
};
