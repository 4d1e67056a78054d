import type { Preset } from '../description';
import type { bert4recSchema } from './options';

export const bert4recPresets = {
  recbole: {
    model: {
      maxSequenceLength: 50,
      hiddenSize: 64,
      numBlocks: 2,
      numHeads: 2,
      innerSize: 256,
      normalization: 'post',
      outputHead: true,
      positions: 'fromOldest',
      dropout: 0.2,
      kernelInitializer: 'normal',
      initializerRange: 0.02,
      maskProbability: 0.2,
      randomProbability: 0,
      keepProbability: 0,
      maskLastProbability: 0.5,
      supervision: 'newest',
      oldestItem: 'lost',
      sequences: 'prefixes',
      loss: { type: 'crossEntropy', includePadding: true },
    },
    training: { batchSize: 2048, learningRate: 0.001 },
  },
} satisfies Readonly<Record<string, Preset<typeof bert4recSchema>>>;
