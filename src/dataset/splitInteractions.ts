import { PARTS } from '../splits/splitter';
import type { PreparedDataset } from './preparedDataset';

type Interactions = Pick<PreparedDataset, 'offsets' | 'items' | 'times'>;
type Split = Interactions & Pick<PreparedDataset, 'trainEnd' | 'validationEnd' | 'order'>;

/**
 * The interactions with each user's parts one behind the other: training, validation, test, each oldest first.
 * @param interactions each user's oldest first
 * @param parts of each interaction, as a split returns them
 */
export function splitInteractions({ offsets, items, times }: Interactions, parts: Uint8Array): Split {
  const numUsers = offsets.length - 1;
  const trainEnd = new Uint32Array(numUsers);
  const validationEnd = new Uint32Array(numUsers);
  let isInOrder = true;
  for (let user = 0; user < numUsers; user++) {
    const counts = new Uint32Array(3);
    for (let row = offsets[user]!; row < offsets[user + 1]!; row++) {
      counts[parts[row]!]!++;
      if (row > offsets[user]! && parts[row]! < parts[row - 1]!) isInOrder = false;
    }
    const learned = offsets[user]! + counts[PARTS.training]!;
    trainEnd[user] = learned;
    validationEnd[user] = learned + counts[PARTS.validation]!;
  }
  if (isInOrder) return { offsets, items, times, trainEnd, validationEnd, order: null };

  const split = { items: items.slice(), times: times && times.slice(), order: new Uint32Array(items.length) };
  for (let user = 0; user < numUsers; user++) {
    const next = Uint32Array.of(offsets[user]!, trainEnd[user]!, validationEnd[user]!);
    for (let row = offsets[user]!; row < offsets[user + 1]!; row++) {
      const to = next[parts[row]!]!++;
      split.items[to] = items[row]!;
      if (split.times) split.times[to] = times![row]!;
      split.order[to] = row - offsets[user]!;
    }
  }
  return { offsets, ...split, trainEnd, validationEnd };
}

/** Interactions in each part. */
export function partCounts({
  offsets,
  trainEnd,
  validationEnd,
}: Pick<PreparedDataset, 'offsets' | 'trainEnd' | 'validationEnd'>): Record<
  'training' | 'validation' | 'test',
  number
> {
  const counts = { training: 0, validation: 0, test: 0 };
  for (let user = 0; user < offsets.length - 1; user++) {
    counts.training += trainEnd[user]! - offsets[user]!;
    counts.validation += validationEnd[user]! - trainEnd[user]!;
    counts.test += offsets[user + 1]! - validationEnd[user]!;
  }
  return counts;
}
