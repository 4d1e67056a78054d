import type { Preset } from '../description';
import type { gru4recSchema } from './options';

export const gru4recPresets = {
  recbole: {
    model: {
      maxSequenceLength: 50,
      longHistories: 'newest',
      embeddingSize: 64,
      hiddenSize: 128,
      numLayers: 1,
      outputProjection: true,
      embeddingDropout: 0.3,
      layerDropout: 0,
      outputEmbedding: 'shared',
      embeddingInitializer: 'glorotNormal',
      recurrentInitializer: 'glorotUniform',
      trainOn: 'last',
      loss: { type: 'crossEntropy', includePadding: true },
    },
    training: { batchSize: 2048, learningRate: 0.001 },
  },
} satisfies Readonly<Record<string, Preset<typeof gru4recSchema>>>;
