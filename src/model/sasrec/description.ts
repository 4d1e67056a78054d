import type { TrainedDescription } from '../description';
import { sasrecSchema } from './options';
import { sasrecPresets } from './presets';

export const sasrec = {
  kind: 'trained',
  title: 'SASRec',
  summary: 'self-attention over the history; BCE, BPR, full and sampled softmax, gBCE',
  page: 'sasrec',
  options: sasrecSchema,
  presets: sasrecPresets,
  scoresByProduct: true,
  recordsAttention: true,
  laterOptions: { longHistories: 'newest' },
  historyLimit: ({ maxSequenceLength, longHistories, trainOn }) => ({
    maxLength: maxSequenceLength,
    learnsOlder: trainOn === 'last' || longHistories === 'windows',
  }),
  load: async () => {
    const [{ Sasrec }, { sasrecSize }] = await Promise.all([import('./sasrec'), import('./size')]);
    return { create: (...given) => new Sasrec(...given), size: sasrecSize };
  },
} as const satisfies TrainedDescription<typeof sasrecSchema>;
