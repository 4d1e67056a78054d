import type { DatasetRule, TrainedDescription } from '../description';
import { hstuSchema, type HstuConfig } from './options';
import { hstuPresets } from './presets';

const needsTimes: DatasetRule<HstuConfig> = {
  path: ['timeBias'],
  holds: ({ timeBias }, { columns }) =>
    timeBias === 'none' || (columns.timestamp !== null && columns.items === undefined),
  message: (_, { columns }) => {
    const why =
      columns.timestamp === null
        ? '`dataset.columns.timestamp` is null'
        : 'lists (`dataset.columns.items`) have none';
    return `needs the times of interactions, and ${why}: set it to \`none\`, or name a column of times`;
  },
};

export const hstu = {
  kind: 'trained',
  title: 'HSTU',
  summary: 'attention without softmax, with biases by position and time; the same losses',
  page: 'hstu',
  options: hstuSchema,
  presets: hstuPresets,
  scoresByProduct: true,
  recordsAttention: true,
  rules: [needsTimes],
  historyLimit: ({ maxSequenceLength, longHistories }) => ({
    maxLength: maxSequenceLength,
    learnsOlder: longHistories === 'windows',
  }),
  load: async () => {
    const [{ Hstu }, { hstuSize }] = await Promise.all([import('./hstu'), import('./size')]);
    return { create: (...given) => new Hstu(...given), size: hstuSize };
  },
} as const satisfies TrainedDescription<typeof hstuSchema>;
