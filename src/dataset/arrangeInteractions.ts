import type { DatasetConfig } from '../config/schema';
import { DatasetError } from './datasetError';
import { hashText, mixBits } from '../protocol/hash';
import { splitterOf } from '../splits/splits';
import { DividedGroup, splitRows } from '../splits/splitRows';
import { PARTS, type Cut } from '../splits/splitter';
import { finish, ROWS_PER_STEP, sortSteps, type Steps } from './steps';

/** Interactions as they were read: one entry per row in any order, with indices into the lists of ids. */
export interface RawInteractions {
  userIds: string[];
  itemIds: string[];
  users: Uint32Array;
  items: Uint32Array;
  /** What orders a user's interactions; ascending. */
  times: Float64Array;
  /** Part of each, where the data say it. */
  parts: Uint8Array | null;
  /** Whether the user took the item, where the data have labels: 1 or 0. */
  labels: Uint8Array | null;
  /**
   * What was shown together to a user has one number; `BEFORE_ALL` is what they took before all that they were shown. Null where
   * the data do not say.
   */
  impressions: Uint32Array | null;
}

export interface ArrangedInteractions {
  /** Interactions of user u are `items[offsets[u]] … items[offsets[u + 1] - 1]`, oldest first. */
  offsets: Uint32Array;
  /** Item index of each interaction, from 1. */
  items: Uint32Array;
  times: Float64Array;
  /** Part of each interaction, one of `PARTS`. */
  parts: Uint8Array;
  /** As in {@link RawInteractions}. */
  labels: Uint8Array | null;
  impressions: Uint32Array | null;
  /** Where parts begin, if at one time for all users. */
  cut?: Cut;
  /** Index into the raw user ids of each user that is left. */
  keptUsers: Uint32Array;
  /** Index into the raw item ids of each item that is left; item index 1 is the first entry. */
  keptItems: Uint32Array;
  /** Rows left out; `cold` by the split. */
  dropped: { duplicates: number; kCore: number; cold: number };
}

/**
 * Sorts, drops duplicates, takes the k-core, splits and renumbers what is left, without changing the order of the ids.
 *
 * A user's interactions are ordered by time. Those of one time are ordered by a hash of the seed, the user's id and
 * the item's id: files often list them by item id, popularity or alphabet, and a model would learn that order as if it
 * were the user's. The order does not depend on the order of the rows, the filters, or the number of threads.
 *
 * Duplicates are looked for before the k-core is taken, so that it counts what is kept. Where there are labels, they are
 * repeated clicks: to be shown an item again is nothing repeated.
 */
export function arrangeInteractions(
  raw: RawInteractions,
  config: ArrangeConfig,
  seed: number,
): ArrangedInteractions {
  return finish(arrangeSteps(raw, config, seed));
}

type ArrangeConfig = Pick<
  DatasetConfig,
  'columns' | 'duplicates' | 'minUserInteractions' | 'minItemInteractions' | 'split'
>;

/** {@link arrangeInteractions}, in steps. */
export function* arrangeSteps(
  raw: RawInteractions,
  config: ArrangeConfig,
  seed: number,
): Steps<ArrangedInteractions> {
  const sorted = yield* sortByUserAndTime(raw, seed);
  const read = sorted.items.length;
  if (config.duplicates !== 'keepAll') dropDuplicates(sorted, config.duplicates, raw.itemIds.length);
  yield;
  const unique = sorted.items.length;
  yield* takeKCore(sorted, raw.itemIds.length, config.minUserInteractions, config.minItemInteractions);
  const core = sorted.items.length;
  const { cut } = splitSorted(sorted, raw, config);
  yield;
  const { users, times, parts, labels, impressions } = sorted;

  const keptUsers = distinct(users, raw.userIds.length);
  const keptItems = distinct(sorted.items, raw.itemIds.length);
  const newItem = new Uint32Array(raw.itemIds.length);
  keptItems.forEach((item, index) => (newItem[item] = index + 1));
  const items = sorted.items.map((item) => newItem[item]!);
  const offsets = new Uint32Array(keptUsers.length + 1);
  let user = -1;
  for (let row = 0; row < users.length; row++) {
    if (row === 0 || users[row] !== users[row - 1]) user++;
    offsets[user + 1] = row + 1;
  }
  return {
    offsets,
    items,
    times,
    parts,
    labels,
    impressions,
    ...(cut && { cut }),
    keptUsers,
    keptItems,
    dropped: { duplicates: read - unique, kCore: unique - core, cold: core - items.length },
  };
}

/** Rows in parallel arrays, sorted by user and time. */
interface Rows extends Omit<RawInteractions, 'userIds' | 'itemIds' | 'parts'> {
  parts: Uint8Array;
}

const COLUMNS = ['users', 'items', 'times', 'parts', 'labels', 'impressions'] as const;

/** Splits the rows, and takes out what the split leaves out. */
function splitSorted(rows: Rows, raw: RawInteractions, { columns, split }: ArrangeConfig): { cut?: Cut } {
  const offsets = new Uint32Array(raw.userIds.length + 1);
  for (const user of rows.users) offsets[user + 1]!++;
  for (let user = 0; user < raw.userIds.length; user++) offsets[user + 1]! += offsets[user]!;
  if (splitterOf(split).needsTimes === true && columns.timestamp === null) {
    throw new DatasetError(
      'dataset/no-times',
      `The split \`${split.type}\` needs times, and lists of items have none. Choose another \`dataset.split.type\`.`,
    );
  }
  const input = {
    userIds: raw.userIds,
    offsets,
    items: rows.items,
    numItems: raw.itemIds.length,
    times: columns.timestamp === null ? null : rows.times,
    given: raw.parts && rows.parts,
    groups: rows.impressions,
  };
  try {
    const { parts, ...found } = splitRows(input, split);
    rows.parts = parts;
    compact(rows, (row) => parts[row] !== PARTS.leftOut);
    return found;
  } catch (error) {
    if (!(error instanceof DividedGroup)) throw error;
    throw new DatasetError(
      'dataset/bad-split',
      `An impression of the user \`${raw.userIds[rows.users[error.row]!]!}\`, which has the item \`${raw.itemIds[rows.items[error.row]!]!}\`, is in several parts. ` +
        'Expected each impression in one part. Correct the parts, or remove `dataset.columns.impression`.',
    );
  }
}

function* sortByUserAndTime(raw: RawInteractions, seed: number): Steps<Rows> {
  const numRows = raw.users.length;
  const starts = new Uint32Array(raw.userIds.length + 1);
  for (let row = 0; row < numRows; row++) starts[raw.users[row]! + 1]!++;
  for (let user = 0; user < raw.userIds.length; user++) starts[user + 1]! += starts[user]!;

  const rows: Rows = {
    users: new Uint32Array(numRows),
    items: new Uint32Array(numRows),
    times: new Float64Array(numRows),
    parts: new Uint8Array(numRows),
    labels: raw.labels && new Uint8Array(numRows),
    impressions: raw.impressions && new Uint32Array(numRows),
  };
  const next = starts.slice(0, -1);
  for (let row = 0; row < numRows; row++) {
    const user = raw.users[row]!;
    const to = next[user]!++;
    rows.users[to] = user;
    rows.items[to] = raw.items[row]!;
    rows.times[to] = raw.times[row]!;
    if (raw.parts) rows.parts[to] = raw.parts[row]!;
    if (raw.labels) rows.labels![to] = raw.labels[row]!;
    if (raw.impressions) rows.impressions![to] = raw.impressions[row]!;
    if (row % ROWS_PER_STEP === 0) yield;
  }

  const itemHashes = Uint32Array.from(raw.itemIds, hashText);
  let lastYield = 0;
  for (let user = 0; user < raw.userIds.length; user++) {
    if (starts[user]! - lastYield >= ROWS_PER_STEP) {
      lastYield = starts[user]!;
      yield;
    }
    yield* sortRange(
      rows,
      starts[user]!,
      starts[user + 1]!,
      itemHashes,
      mixBits(seed ^ hashText(raw.userIds[user]!)),
    );
  }
  return rows;
}

function* sortRange(
  rows: Rows,
  start: number,
  end: number,
  itemHashes: Uint32Array,
  salt: number,
): Steps<void> {
  let inOrder = true;
  for (let row = start + 1; row < end && inOrder; row++) inOrder = rows.times[row - 1]! < rows.times[row]!;
  if (inOrder) return;

  const items = rows.items.slice(start, end);
  const times = rows.times.slice(start, end);
  const tieOrder = (i: number) => mixBits(salt ^ itemHashes[items[i]!]!);
  // What copies differ in.
  const rest = [rows.parts, rows.labels, rows.impressions].filter((column) => column !== null);
  const order = new Uint32Array(end - start);
  for (let i = 0; i < order.length; i++) order[i] = i;
  // Two items whose hashes collide keep the order of their ids, and copies that of all else, so that the order is total.
  yield* sortSteps(order, (a, b) => {
    const byItem = times[a]! - times[b]! || tieOrder(a) - tieOrder(b) || items[a]! - items[b]!;
    if (byItem !== 0) return byItem;
    for (const column of rest) {
      const difference = column[start + a]! - column[start + b]!;
      if (difference !== 0) return difference;
    }
    return 0;
  });
  for (const name of COLUMNS) {
    const column = rows[name];
    if (column === null || name === 'users') continue;
    const before = column.slice(start, end);
    for (let i = 0; i < order.length; i++) column[start + i] = before[order[i]!]!;
  }
}

function dropDuplicates(rows: Rows, keep: 'keepFirst' | 'keepLast', numItems: number): void {
  const numRows = rows.users.length;
  const keepRow = new Uint8Array(numRows);
  // The user (plus one) that was seen with each item most recently: rows of one user are neighbors.
  const seenBy = new Uint32Array(numItems);
  for (let i = 0; i < numRows; i++) {
    const row = keep === 'keepFirst' ? i : numRows - 1 - i;
    const user = rows.users[row]! + 1;
    const isClick = rows.labels === null || rows.labels[row] === 1;
    if (isClick && seenBy[rows.items[row]!] === user) continue;
    if (isClick) seenBy[rows.items[row]!] = user;
    keepRow[row] = 1;
  }
  compact(rows, (row) => keepRow[row] === 1);
}

/** Drops users and items with too few interactions until all that are left have enough. */
function* takeKCore(rows: Rows, numItems: number, minUser: number, minItem: number): Steps<void> {
  if (minUser <= 1 && minItem <= 1) return;
  const numUsers = rows.users.reduce((most, user) => Math.max(most, user + 1), 0);
  for (let before = -1; before !== rows.users.length;) {
    yield;
    before = rows.users.length;
    const userCounts = new Uint32Array(numUsers);
    const itemCounts = new Uint32Array(numItems);
    for (const user of rows.users) userCounts[user]!++;
    for (const item of rows.items) itemCounts[item]!++;
    compact(
      rows,
      (row) => userCounts[rows.users[row]!]! >= minUser && itemCounts[rows.items[row]!]! >= minItem,
    );
  }
}

/** Moves the rows to keep to the front and cuts off the others. */
function compact(rows: Rows, keep: (row: number) => boolean): void {
  const kept = new Uint8Array(rows.users.length);
  for (let row = 0; row < kept.length; row++) kept[row] = keep(row) ? 1 : 0;
  const front = <Column extends Uint8Array | Uint32Array | Float64Array>(column: Column): Column => {
    let to = 0;
    for (let row = 0; row < kept.length; row++) if (kept[row] === 1) column[to++] = column[row]!;
    return column.subarray(0, to) as Column;
  };
  rows.users = front(rows.users);
  rows.items = front(rows.items);
  rows.times = front(rows.times);
  rows.parts = front(rows.parts);
  rows.labels = rows.labels && front(rows.labels);
  rows.impressions = rows.impressions && front(rows.impressions);
}

/** The values that occur, ascending. */
function distinct(values: Uint32Array, limit: number): Uint32Array {
  const occurs = new Uint8Array(limit);
  for (const value of values) occurs[value] = 1;
  const found = new Uint32Array(occurs.reduce((sum, one) => sum + one, 0));
  let next = 0;
  occurs.forEach((one, value) => {
    if (one === 1) found[next++] = value;
  });
  return found;
}
