import { splitInteractions } from '../../../src/dataset/splitInteractions';
import { describeSplit, splitterOf, type SplitConfig } from '../../../src/splits/splits';
import { RandomStream } from '../../../src/compute/random';
import type { PreparedDataset } from '../../../src/dataset/preparedDataset';
import type { FeatureColumn } from '../../../src/protocol/features';

/** A small dataset with structure: most items are followed by the next one. */
export function tinyDataset(numUsers = 30, numItems = 12, seed = 1): PreparedDataset {
  const random = new RandomStream(seed);
  const users = Array.from({ length: numUsers }, () => {
    let item = random.nextInt(numItems);
    return Array.from({ length: 4 + random.nextInt(6) }, () => {
      item = random.nextFloat() < 0.8 ? (item + 1) % numItems : random.nextInt(numItems);
      return item + 1;
    });
  });
  return datasetOf(users, numItems);
}

/** Leave-one-out over the given sequences; users with fewer than three items stay in training. */
export function datasetOf(users: number[][], numItems: number): PreparedDataset {
  const offsets = Uint32Array.of(0, ...users.map((_, user) => users.slice(0, user + 1).flat().length));
  const end = (user: number, heldOut: number) =>
    offsets[user + 1]! - (users[user]!.length >= 3 ? heldOut : 0);
  return {
    fingerprint: 'test',
    numUsers: users.length,
    numItems,
    offsets,
    items: Uint32Array.from(users.flat()),
    times: null,
    split: describeSplit({ type: 'leaveOneOut' }),
    trainEnd: Uint32Array.from(users, (_, user) => end(user, 2)),
    validationEnd: Uint32Array.from(users, (_, user) => end(user, 1)),
    order: null,
    labeled: null,
    userIds: users.map((_, user) => `u${user}`),
    itemIds: ['', ...Array.from({ length: numItems }, (_, item) => `i${item + 1}`)],
    itemTitles: null,
    itemFeatures: [],
    userFeatures: [],
  };
}

/** The same interactions, split otherwise. Users keep all of them, so that nobody without any is left out. */
export function splitBy(dataset: PreparedDataset, config: SplitConfig): PreparedDataset {
  const { userIds, offsets, items, times, numItems } = dataset;
  const given = items.map((_, row) => row % 3);
  const input = { userIds, offsets, items, numItems: numItems + 1, times, given: Uint8Array.from(given) };
  const { parts, cut } = splitterOf(config).split(input, config);
  return { ...dataset, ...splitInteractions(dataset, parts), split: describeSplit(config, cut) };
}

/** The same with times, between which there are more seconds from interaction to interaction. */
export function withTimes(dataset: PreparedDataset): PreparedDataset {
  return {
    ...dataset,
    times: Float64Array.from(dataset.items, (_, place) => 1_600_000_000 + 7 * place ** 2),
  };
}

/** The same with a category and tags of items, and an age and a group of users. */
export function withFeatures(dataset: PreparedDataset): PreparedDataset {
  const { numUsers, numItems } = dataset;
  const itemFeatures: FeatureColumn[] = [
    {
      kind: 'category',
      name: 'category',
      labels: ['', 'a', 'b', 'c'],
      values: Int32Array.from({ length: numItems + 1 }, (_, item) => (item === 0 ? 0 : 1 + (item % 3))),
    },
    {
      kind: 'multi',
      name: 'tags',
      labels: ['', 'x', 'y'],
      // Item j has both tags if it is even, else one.
      offsets: Uint32Array.from({ length: numItems + 2 }, (_, item) =>
        item === 0 ? 0 : item - 1 + Math.floor((item - 1) / 2),
      ),
      values: Int32Array.from({ length: 2 * numItems }, (_, place) => 1 + (place % 2)),
    },
  ];
  const userFeatures: FeatureColumn[] = [
    {
      kind: 'number',
      name: 'age',
      values: Float32Array.from({ length: numUsers }, (_, user) => (user % 5) - 2),
      shift: 30,
      scale: 10,
    },
    {
      kind: 'category',
      name: 'group',
      labels: ['', 'p', 'q'],
      values: Int32Array.from({ length: numUsers }, (_, user) => user % 3),
    },
  ];
  return { ...dataset, itemFeatures, userFeatures };
}
