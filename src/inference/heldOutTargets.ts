import type { PreparedDataset } from '../dataset/preparedDataset';

/** Targets of a part: the items that are held out of each user, each once and in order. */
export interface HeldOutTargets {
  /** Who has a target that counts. */
  users: Uint32Array;
  numTargets: number;
  /** Targets that the history of their user has. */
  numSeen: number;
  of: (user: number) => Uint32Array;
  /** When each of them comes first. */
  timesOf: (user: number) => Float64Array;
}

/** What is held out of whom. */
export interface HeldOutRows {
  users: Uint32Array;
  history(user: number): Uint32Array;
  /** The first row of a user that is held out, and the one after the last. */
  from(user: number): number;
  to(user: number): number;
}

/**
 * @param filterSeen whether targets that their user's history has do not count: a ranking that left out all that was seen but these
 *   would hand over the answer
 */
export function heldOutTargets(
  { numUsers, numItems, items, times }: Pick<PreparedDataset, 'numUsers' | 'numItems' | 'items' | 'times'>,
  held: HeldOutRows,
  filterSeen: boolean,
): HeldOutTargets {
  /** The last user who met each item, and of whom it is a target, from 1. */
  const metBy = new Uint32Array(numItems + 1);
  const targetOf = new Uint32Array(numItems + 1);
  const rows: number[] = [];
  /** Where the rows of each user begin and end. */
  const starts = new Uint32Array(numUsers);
  const ends = new Uint32Array(numUsers);
  let numSeen = 0;
  for (const user of held.users) {
    for (const item of held.history(user)) metBy[item] = user + 1;
    starts[user] = rows.length;
    for (let row = held.from(user), end = held.to(user); row < end; row++) {
      const item = items[row]!;
      if (targetOf[item] === user + 1) continue;
      targetOf[item] = user + 1;
      const isSeen = metBy[item] === user + 1;
      if (isSeen) numSeen++;
      if (!isSeen || !filterSeen) rows.push(row);
    }
    ends[user] = rows.length;
  }
  const targets = Uint32Array.from(rows, (row) => items[row]!);
  const targetTimes = times && Float64Array.from(rows, (row) => times[row]!);
  return {
    users: held.users.filter((user) => starts[user]! < ends[user]!),
    numTargets: rows.length,
    numSeen,
    of: (user) => targets.subarray(starts[user], ends[user]),
    timesOf: (user) => targetTimes!.subarray(starts[user], ends[user]),
  };
}
