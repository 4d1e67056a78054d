import type { Preset } from '../description';
import type { bprMfSchema } from './options';

export const bprMfPresets = {
  recbole: {
    model: {
      embeddingSize: 64,
      itemBias: false,
      embeddingInitializer: 'glorotNormal',
      numNegatives: 1,
      sampler: 'unconsumed',
      l2: 0,
      sigmoidEpsilon: 1e-10,
    },
    training: { batchSize: 2048, learningRate: 0.001 },
  },
} satisfies Readonly<Record<string, Preset<typeof bprMfSchema>>>;
