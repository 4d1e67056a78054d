import { PARTS } from '../splits/splitter';
import type { PreparedDataset } from './preparedDataset';

type Interactions = Pick<PreparedDataset, 'offsets' | 'items' | 'times'>;
type Split = Interactions & Pick<PreparedDataset, 'trainEnd' | 'validationEnd' | 'order'>;

/** Where rows are that are put one part behind the other. */
interface PartOrder {
  trainEnd: Uint32Array;
  validationEnd: Uint32Array;
  /** The row that each place takes; null where all stay where they are. */
  rows: Uint32Array | null;
}

/**
 * Puts each user's parts one behind the other: training, validation, test.
 * @param parts of each row, as a split returns them
 */
export function orderByPart(offsets: Uint32Array, parts: Uint8Array): PartOrder {
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
  if (isInOrder) return { trainEnd, validationEnd, rows: null };
  const rows = new Uint32Array(parts.length);
  for (let user = 0; user < numUsers; user++) {
    const next = Uint32Array.of(offsets[user]!, trainEnd[user]!, validationEnd[user]!);
    for (let row = offsets[user]!; row < offsets[user + 1]!; row++) rows[next[parts[row]!]!++] = row;
  }
  return { trainEnd, validationEnd, rows };
}

/**
 * The interactions with each user's parts one behind the other: training, validation, test, each oldest first.
 * @param interactions each user's oldest first
 * @param parts of each interaction, as a split returns them
 */
export function splitInteractions({ offsets, items, times }: Interactions, parts: Uint8Array): Split {
  const { rows, ...ends } = orderByPart(offsets, parts);
  if (rows === null) return { offsets, items, times, ...ends, order: null };
  const order = rows.slice();
  for (let user = 0; user < offsets.length - 1; user++)
    for (let place = offsets[user]!; place < offsets[user + 1]!; place++) order[place]! -= offsets[user]!;
  return {
    offsets,
    items: rows.map((row) => items[row]!),
    times: times && Float64Array.from(rows, (row) => times[row]!),
    ...ends,
    order,
  };
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
