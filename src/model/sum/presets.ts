import type { Preset } from '../description';
import type { sumSchema } from './options';

export const sumPresets = {
  microsoft: {
    model: {
      cell: 'SUM',
      maxSequenceLength: 50,
      minSequenceLength: 1,
      minBatchSize: 5,
      slots: 4,
      hiddenSize: 40,
      itemEmbeddingSize: 32,
      featureEmbeddingSize: 8,
      userEmbeddingSize: 0,
      alpha: 'free',
      layerSizes: [100, 64],
      activation: 'relu',
      batchNorm: true,
      dropout: 0,
      dropoutPlace: 'beforeActivation',
      initializer: 'truncatedNormal',
      initializerRange: 0.01,
      loss: { type: 'softmax', prediction: 'probability', numNegatives: 4, sampler: 'inBatch' },
      embeddingL2: 1e-4,
      embeddingL1: 0,
      embeddingPenalty: 'sum',
      layerL2: 1e-4,
      layerL1: 0,
    },
    training: { batchSize: 400, learningRate: 1e-3, optimizer: { type: 'adam', epsilonHat: true } },
  },
} satisfies Readonly<Record<string, Preset<typeof sumSchema>>>;
