import type { TrainedDescription } from '../description';
import { WITHOUT_EFFECT_WITH_LABELS } from '../parts/pairOptions';
import { dienSchema } from './options';
import { dienPresets } from './presets';

export const dien = {
  kind: 'trained',
  title: 'DIEN',
  summary: 'interests evolve toward the candidate (GRU, AIGRU, AGRU, AUGRU), auxiliary loss',
  page: 'dien',
  options: dienSchema,
  presets: dienPresets,
  scoresByProduct: false,
  recordsAttention: true,
  learnsFromLabels: { withoutEffect: WITHOUT_EFFECT_WITH_LABELS },
  historyLimit: ({ maxSequenceLength }) => ({ maxLength: maxSequenceLength, learnsOlder: true }),
  load: async () => {
    const [{ Dien }, { dienSize }] = await Promise.all([import('./dien'), import('./size')]);
    return { create: (...given) => new Dien(...given), size: dienSize };
  },
} as const satisfies TrainedDescription<typeof dienSchema>;
