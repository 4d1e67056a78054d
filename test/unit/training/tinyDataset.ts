import { RandomStream } from '../../../src/compute/random';
import type { PreparedDataset } from '../../../src/dataset/preparedDataset';

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
    trainEnd: Uint32Array.from(users, (_, user) => end(user, 2)),
    validationEnd: Uint32Array.from(users, (_, user) => end(user, 1)),
    userIds: users.map((_, user) => `u${user}`),
    itemIds: ['', ...Array.from({ length: numItems }, (_, item) => `i${item + 1}`)],
    itemTitles: null,
    itemFeatures: [],
    userFeatures: [],
  };
}
