import type { Preset } from '../description';
import type { hstuSchema } from './options';

/** Both references score by cosine against sampled items. */
const loss = {
  type: 'sampledSoftmax',
  numNegatives: 128,
  sampler: 'uniform',
  sharedNegatives: false,
  temperature: 0.05,
  normalize: true,
} as const;

const common = {
  maxSequenceLength: 200,
  longHistories: 'newest',
  hiddenSize: 50,
  numBlocks: 2,
  numHeads: 1,
  keySize: null,
  valueSize: null,
  positionBias: true,
  timeBias: 'target',
  finalNorm: false,
  dropout: 0.2,
  loss,
} as const;

const training = {
  batchSize: 128,
  learningRate: 0.001,
  optimizer: { type: 'adam', beta2: 0.98 },
} as const;

export const hstuPresets = {
  // The padded width of the code: the longest history, ten items of output and the one to be predicted.
  research: {
    model: {
      ...common,
      attentionDivisor: 211,
      positions: 'fromOldest',
      affineNorm: false,
      initializer: 'normal',
    },
    training,
  },
  rectools: {
    model: {
      ...common,
      attentionDivisor: null,
      positions: 'fromNewest',
      affineNorm: true,
      initializer: 'glorotNormal',
    },
    training,
  },
} satisfies Readonly<Record<string, Preset<typeof hstuSchema>>>;
