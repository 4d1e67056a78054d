import type { Preset } from '../description';
import type { twoTowerSchema } from './options';

export const twoTowerPresets = {
  librecommender: {
    model: {
      embeddingSize: 16,
      hiddenSizes: [128, 64, 32],
      useBatchNorm: true,
      dropout: 0,
      normalizeOutput: false,
      maxSequenceLength: 0,
      userIds: true,
      idDropout: 0,
      l2: 0,
      loss: { type: 'softmax', temperature: 1, correction: 'counts', removeAccidentalHits: false },
      batchSizeCounts: 'candidates',
      negativeBatchNorm: 'separate',
      selfSupervisedWeight: 0.2,
      selfSupervisedMasks: 'perBatch',
      selfSupervisedBatchNorm: 'shared',
    },
    training: {
      batchSize: 256,
      learningRate: 0.001,
      optimizer: { type: 'adam', epsilon: 1e-5, epsilonHat: true },
    },
  },
} satisfies Readonly<Record<string, Preset<typeof twoTowerSchema>>>;
