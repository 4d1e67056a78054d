import { forEachSequence, type TrainingSequences } from '../baseline';
import type { LetEventsIn } from '../../protocol/letEventsIn';

/** Who met which items, without repetitions: eight bytes for each pair. */
export interface UserItems {
  numUsers: number;
  numItems: number;
  /** User u's items are `items[itemsFrom[u]] … items[itemsFrom[u + 1] - 1]`, from 1. */
  itemsFrom: Uint32Array;
  items: Uint32Array;
  /** Item i's users are `users[usersFrom[i]] … users[usersFrom[i + 1] - 1]`, ascending. */
  usersFrom: Uint32Array;
  users: Uint32Array;
}

/** @param newest interactions of a user that count */
export async function userItemsOf(
  sequences: TrainingSequences,
  newest: number,
  letEventsIn?: LetEventsIn,
): Promise<UserItems> {
  const { numItems, ends, offsets } = sequences;
  const numUsers = ends.length;
  const most = ends.reduce((sum, end, user) => sum + Math.min(newest, end - offsets[user]!), 0);
  const items = new Uint32Array(most);
  const itemsFrom = new Uint32Array(numUsers + 1);
  const usersFrom = new Uint32Array(numItems + 2);
  /** The last user who met each item, from 1. */
  const metBy = new Uint32Array(numItems + 1);
  let user = 0;
  let end = 0;
  await forEachSequence(
    sequences,
    (all) => {
      user++;
      for (const item of all.subarray(-newest)) {
        if (metBy[item] === user) continue;
        metBy[item] = user;
        items[end++] = item;
        usersFrom[item + 1]!++;
      }
      itemsFrom[user] = end;
    },
    letEventsIn,
  );
  for (let item = 1; item <= numItems; item++) usersFrom[item + 1]! += usersFrom[item]!;
  const users = new Uint32Array(end);
  const next = usersFrom.slice();
  for (let who = 0; who < numUsers; who++)
    for (let place = itemsFrom[who]!; place < itemsFrom[who + 1]!; place++)
      users[next[items[place]!]!++] = who;
  return { numUsers, numItems, itemsFrom, items: items.subarray(0, end), usersFrom, users };
}
