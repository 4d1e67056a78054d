import { z } from 'zod';
import { describe } from '../../options/describe';
import { batchSizeCountsField, featureNames, maxSequenceLengthField, samplerField } from './sharedOptions';

/*
 * Fields that DIN and DIEN share: both read a history and a candidate together. They are flat, so that a config may change
 * one of a preset's without losing the others.
 */

const PAIR_INPUTS = ['user', 'item', 'interest', 'interestProduct', 'pooled', 'pooledProduct'] as const;

const width = z.int().min(1).max(16384);
const activation = z.enum(['relu', 'gelu', 'sigmoid', 'tanh', 'prelu', 'dice', 'scaledDice', 'silu', 'none']);

const ACTIVATIONS =
  '`dice` learns where to bend by the batch’s statistics (running ones outside training), `scaledDice` is the one of DIN’s code, which also learns how sharply, and `silu` is what RecBole calls Dice.';

/** What comes in. */
export const pairInputFields = {
  maxSequenceLength: maxSequenceLengthField,
  embeddingSize: z
    .int()
    .min(1)
    .max(4096)
    .default(16)
    .meta(
      describe(
        'Width of the vector of an id and of each feature. An item’s vector is all of its own, one behind the other.',
      ),
    ),
  itemFeatures: featureNames.meta(
    describe(
      'Features of items that the model reads, of the history as well, by name. `null`: all that the dataset has.',
    ),
  ),
  userFeatures: featureNames.meta(
    describe('Features of users that the model reads, by name. `null`: all that the dataset has.'),
  ),
  featurePooling: z
    .enum(['mean', 'sum', 'max'])
    .default('mean')
    .meta(describe('Pooling of the values of a multi-valued feature, such as tags.')),
  userIds: z.boolean().default(true).meta(describe('Embeddings of user ids beside those of user features.')),
} as const;

/** How the history is attended to. */
export const attentionFields = {
  attentionUnit: z
    .enum(['mlp', 'dotProduct'])
    .default('mlp')
    .meta(
      describe(
        'Attention unit: a small network (`mlp`), or the product of their vectors, which learns nothing of its own (`dotProduct`, the DIEN of the RecoHut notebook).',
      ),
    ),
  attentionLayers: z
    .array(width)
    .max(16)
    .default([80, 40])
    .meta(
      describe(
        'Widths of the hidden layers that weigh an item of the history: they read the candidate, the item, their difference and their product.',
      ),
    ),
  attentionActivation: activation
    .default('sigmoid')
    .meta(describe(`Activation of these layers. ${ACTIVATIONS}`)),
  attentionScale: z
    .boolean()
    .default(true)
    .meta(
      describe('Whether the weights are divided by the root of an item vector’s width before the softmax.'),
    ),
  attentionPadding: z
    .enum(['masked', 'counted'])
    .default('masked')
    .meta(
      describe(
        'Whether padding is left out of the softmax (`masked`), or what a history lacks of `maxSequenceLength` counts in it with the output 0 and takes its share (`counted`, the DIEN of the RecoHut notebook, which has no mask).',
      ),
    ),
  attentionSoftmax: z
    .boolean()
    .default(true)
    .meta(
      describe(
        'Whether the weights of a history sum to 1. `false` keeps them as they are, so that a history that fits well gives a longer vector (DIN’s paper, RecBole).',
      ),
    ),
} as const;

/** The layers that score. */
export const headFields = {
  pooling: z.enum(['mean', 'sum']).default('mean').meta(describe('Pooling of the history in `pooled`.')),
  headLayers: z
    .array(width)
    .max(16)
    .default([80, 40])
    .meta(describe('Widths of the head’s hidden layers; a single output follows.')),
  headActivation: activation.default('dice').meta(describe(`Activation of these layers. ${ACTIVATIONS}`)),
  headLinearLast: z
    .boolean()
    .default(false)
    .meta(describe('Whether the last of these layers has no activation, as in LibRecommender.')),
  headDropout: z.number().min(0).lt(1).default(0).meta(describe('Dropout rate of these layers.')),
  headDropoutAt: z
    .enum(['input', 'beforeActivation', 'output'])
    .default('output')
    .meta(describe('Position of dropout in a layer: on its input, before the activation, or on its output.')),
  headBatchNorm: z
    .enum(['none', 'beforeActivation', 'afterActivation'])
    .default('none')
    .meta(describe('Position of BatchNorm in these layers.')),
  headBatchNormInput: z
    .boolean()
    .default(false)
    .meta(describe('Whether the input of the first of these layers goes through BatchNorm.')),
  batchNormDecay: z
    .number()
    .min(0)
    .lt(1)
    .default(0.9)
    .meta(
      describe(
        'Share of the running mean and variance of BatchNorm and Dice that a batch leaves. Closer to 1 is smoother and slower.',
      ),
    ),
  batchNormEpsilon: z.number().positive().default(1e-5).meta(describe('Added to the variance by BatchNorm.')),
  batchNormVariance: z
    .enum(['biased', 'unbiased'])
    .default('biased')
    .meta(
      describe(
        'Running variance of BatchNorm: the batch’s own (`biased`, TensorFlow), or n/(n − 1) of it for n rows (`unbiased`, PyTorch). In training it is always the batch’s own.',
      ),
    ),
  batchNormFrozen: z
    .boolean()
    .default(false)
    .meta(
      describe(
        'Whether BatchNorm keeps the mean 0 and the variance 1 that it starts with, so that only its factor and shift are left: what becomes of it where nobody says that it is training, as in DIEN’s code.',
      ),
    ),
  diceEpsilon: z.number().positive().default(1e-9).meta(describe('Added to the variance by Dice.')),
} as const;

/** How it learns. */
export const pairTrainingFields = {
  loss: z
    .enum(['bce', 'softmax'])
    .default('bce')
    .meta(
      describe(
        'Training loss: binary cross-entropy of each candidate (`bce`), or softmax cross-entropy of the item against its negatives (`softmax`).',
      ),
    ),
  numNegatives: z
    .int()
    .min(1)
    .max(1024)
    .default(4)
    .meta(describe('Negative items drawn for each interaction.')),
  sampler: samplerField('unconsumed'),
  batchSizeCounts: batchSizeCountsField('interactions and negatives alike'),
  initializer: z
    .enum(['glorotUniform', 'glorotNormal'])
    .default('glorotUniform')
    .meta(describe('Initializer of embeddings and layers.')),
} as const;

/** Options that mean nothing where rows have labels, by which DIN and DIEN learn then. */
export const WITHOUT_EFFECT_WITH_LABELS = ['loss', 'numNegatives', 'sampler', 'batchSizeCounts'] as const;

/** @param interest what `interest` is in this model */
export const headInputsField = (interest: string, initial: (typeof PAIR_INPUTS)[number][]) =>
  z
    .array(z.enum(PAIR_INPUTS))
    .min(1)
    .refine((names) => new Set(names).size === names.length, 'must not name an input twice')
    .refine(
      (names) => names.includes('interest') || names.includes('interestProduct'),
      'must name `interest` or `interestProduct`, without which nothing would learn to attend to the history',
    )
    .default(initial)
    .meta(
      describe(
        `Inputs of the head: the vectors of \`user\` and candidate (\`item\`), \`interest\` (${interest}), all of the history \`pooled\`, and the product of either with the candidate (\`interestProduct\`, \`pooledProduct\`).`,
      ),
    );

/** What the configs of DIN and DIEN have in common. */
export type PairConfig = z.output<
  z.ZodObject<
    typeof pairInputFields &
      typeof attentionFields &
      typeof headFields &
      typeof pairTrainingFields & { headInputs: ReturnType<typeof headInputsField> }
  >
>;
