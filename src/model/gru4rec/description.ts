import type { TrainedDescription } from '../description';
import { gru4recSchema } from './options';
import { gru4recPresets } from './presets';

export const gru4rec = {
  kind: 'trained',
  title: 'GRU4Rec',
  summary: 'GRU over the history, with the same losses',
  page: 'gru4rec',
  options: gru4recSchema,
  presets: gru4recPresets,
  scoresByProduct: true,
  recordsAttention: false,
  laterOptions: { longHistories: 'newest' },
  historyLimit: ({ maxSequenceLength, longHistories, trainOn }) => ({
    maxLength: maxSequenceLength,
    learnsOlder: trainOn === 'last' || longHistories === 'windows',
  }),
  load: async () => {
    const [{ Gru4rec }, { gru4recSize }] = await Promise.all([import('./gru4rec'), import('./size')]);
    return { create: (...given) => new Gru4rec(...given), size: gru4recSize };
  },
} as const satisfies TrainedDescription<typeof gru4recSchema>;
