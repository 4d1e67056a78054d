import type { TrainedDescription } from '../description';
import { sumSchema } from './options';
import { sumPresets } from './presets';

export const sum = {
  kind: 'trained',
  title: 'SUM',
  summary: 'user memory with several slots, read by the candidate (SUM, SUMV2)',
  page: 'sum',
  options: sumSchema,
  presets: sumPresets,
  scoresByProduct: false,
  recordsAttention: true,
  learnsFromLabels: { withoutEffect: ['loss', 'minSequenceLength'] },
  historyLimit: ({ maxSequenceLength }) => ({ maxLength: maxSequenceLength, learnsOlder: true }),
  load: async () => {
    const [{ Sum }, { sumSize }] = await Promise.all([import('./sum'), import('./size')]);
    return { create: (...given) => new Sum(...given), size: sumSize };
  },
} as const satisfies TrainedDescription<typeof sumSchema>;
