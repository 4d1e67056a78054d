import type { DatasetRule, TrainedDescription } from '../description';
import { featureList } from '../../options/featureSchema';
import { nameList } from '../../options/fieldRule';
import { twoTowerSchema, type TwoTowerConfig } from './options';
import { twoTowerPresets } from './presets';

const needsHideableFeatures: DatasetRule<TwoTowerConfig> = {
  path: ['selfSupervised'],
  holds: ({ selfSupervised, itemFeatures }, { items }) =>
    selfSupervised === null ||
    Object.entries(items?.features ?? {}).some(
      ([name, { type }]) => type !== 'number' && (itemFeatures === null || itemFeatures.includes(name)),
    ),
  message: ({ itemFeatures }, { items }) =>
    'needs item features to hide: name a column with categories in `dataset.items.features` ' +
    `(declares ${featureList(items?.features ?? {})})` +
    (itemFeatures === null ? '' : `, and in \`model.itemFeatures\` (names ${nameList(itemFeatures)})`),
};

const needsUserInput: DatasetRule<TwoTowerConfig> = {
  path: ['userIds'],
  holds: ({ userIds, maxSequenceLength, userFeatures }, { users }) =>
    userIds || maxSequenceLength > 0 || (userFeatures ?? Object.keys(users?.features ?? {})).length > 0,
  message: ({ userFeatures }, { users }) =>
    'leaves the user tower with nothing to read: set it to true, or `model.maxSequenceLength` (0) above 0, or name columns in `dataset.users.features` ' +
    `(declares ${featureList(users?.features ?? {})})` +
    (userFeatures === null ? '' : ` and in \`model.userFeatures\` (names ${nameList(userFeatures)})`),
};

export const twoTower = {
  kind: 'trained',
  title: 'TwoTower',
  summary:
    'towers of ids, features and what the user did last; in-batch softmax with logQ, self-supervised views',
  page: 'two-tower',
  options: twoTowerSchema,
  presets: twoTowerPresets,
  scoresByProduct: true,
  recordsAttention: false,
  rules: [needsHideableFeatures, needsUserInput],
  // Towers read ids and features alone before they could read a history.
  laterOptions: { maxSequenceLength: 0 },
  // They are meant to read only what a user did last.
  historyLimit: () => undefined,
  load: async () => {
    const [{ TwoTower }, { twoTowerSize }] = await Promise.all([import('./twoTower'), import('./size')]);
    return { create: (...given) => new TwoTower(...given), size: twoTowerSize };
  },
} as const satisfies TrainedDescription<typeof twoTowerSchema>;
