import type { TrainedDescription } from '../description';
import { WITHOUT_EFFECT_WITH_LABELS } from '../parts/pairOptions';
import { dinSchema } from './options';
import { dinPresets } from './presets';

export const din = {
  kind: 'trained',
  title: 'DIN',
  summary: 'the candidate attends to the history; Dice',
  page: 'din',
  options: dinSchema,
  presets: dinPresets,
  scoresByProduct: false,
  recordsAttention: true,
  learnsFromLabels: { withoutEffect: [...WITHOUT_EFFECT_WITH_LABELS, 'negativeHistory'] },
  historyLimit: ({ maxSequenceLength }) => ({ maxLength: maxSequenceLength, learnsOlder: true }),
  load: async () => {
    const [{ Din }, { dinSize }] = await Promise.all([import('./din'), import('./size')]);
    return { create: (...given) => new Din(...given), size: dinSize };
  },
} as const satisfies TrainedDescription<typeof dinSchema>;
