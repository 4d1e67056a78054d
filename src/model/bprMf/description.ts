import type { TrainedDescription } from '../description';
import { bprMfSchema } from './options';
import { bprMfPresets } from './presets';

export const bprMf = {
  kind: 'trained',
  title: 'BPR-MF',
  summary: 'matrix factorization, trained to rank pairs of items',
  page: 'bpr-mf',
  options: bprMfSchema,
  presets: bprMfPresets,
  scoresByProduct: true,
  recordsAttention: false,
  historyLimit: () => undefined,
  load: async () => {
    const [{ BprMf }, { bprMfSize }] = await Promise.all([import('./bprMf'), import('./size')]);
    return { create: (...given) => new BprMf(...given), size: bprMfSize };
  },
} as const satisfies TrainedDescription<typeof bprMfSchema>;
