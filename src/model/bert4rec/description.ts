import type { TrainedDescription } from '../description';
import { bert4recSchema } from './options';
import { bert4recPresets } from './presets';

export const bert4rec = {
  kind: 'trained',
  title: 'BERT4Rec',
  summary: 'self-attention in both directions over masked histories, with the same losses',
  page: 'bert4rec',
  options: bert4recSchema,
  presets: bert4recPresets,
  scoresByProduct: true,
  recordsAttention: true,
  historyLimit: ({ maxSequenceLength, sequences }) => ({
    maxLength: maxSequenceLength,
    learnsOlder: sequences !== 'newest',
  }),
  load: async () => {
    const [{ Bert4rec }, { bert4recSize }] = await Promise.all([import('./bert4rec'), import('./size')]);
    return { create: (...given) => new Bert4rec(...given), size: bert4recSize };
  },
} as const satisfies TrainedDescription<typeof bert4recSchema>;
