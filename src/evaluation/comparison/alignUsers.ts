import { thousands } from '../../protocol/thousands';
import type { PerUserResults, RankedLists } from '../perUserResults';
import type { RankedTargets } from '../rankMetrics';

/** What a ranker said of users. */
export interface RankedUsers extends RankedTargets {
  /** Item indices are those of the first run. */
  lists: RankedLists | null;
}

/** The results of two runs do not belong to the same users, items or targets. */
export interface DataDifference {
  /** Continues a sentence: `the run has 943 users, and the other 6,040`. */
  difference: string;
}

/**
 * What another run says, with its users and targets in the order of the first run's.
 * @param ranker key, such as `model`
 * @returns what differs where they are not the same: their numbers then are not comparable
 */
export function alignUsers(
  first: PerUserResults,
  other: PerUserResults,
  ranker: string,
): RankedUsers | DataDifference {
  const { ranks, lists } = other.rankers.get(ranker)!;
  const own = { targetOffsets: other.targetOffsets, ranks, lists };
  if (first === other) return own;
  const difference = userDifference(first, other) ?? itemDifference(first, other);
  if (difference !== null) return { difference };
  const areKnown = first.details !== null && other.details !== null;
  const rowOf = new Map(other.userIds.map((id, row) => [id, row]));
  const rows = Uint32Array.from(first.userIds, (id) => rowOf.get(id)!);
  const targets: number[] = [];
  for (const [row, otherRow] of rows.entries()) {
    const [wanted, found] = [targetsOf(first, row, areKnown), targetsOf(other, otherRow, areKnown)];
    const used = new Set<number>();
    for (const id of wanted) {
      const place = found.findIndex((one, index) => one === id && !used.has(index));
      if (place < 0 || wanted.length !== found.length) {
        return {
          difference: `user \`${first.userIds[row]!}\` has the held-out ${listText(wanted)} in one and ${listText(found)} in the other`,
        };
      }
      used.add(place);
      targets.push(other.targetOffsets[otherRow]! + place);
    }
  }
  return {
    targetOffsets: first.targetOffsets,
    ranks: {
      best: Uint32Array.from(targets, (target) => ranks.best[target]!),
      worst: Uint32Array.from(targets, (target) => ranks.worst[target]!),
    },
    lists: lists && inOrder(lists, rows, itemsOf(first, other)),
  };
}

function userDifference(
  { userIds: first }: PerUserResults,
  { userIds: other }: PerUserResults,
): string | null {
  const others = new Set(other);
  const missing = first.filter((id) => !others.has(id));
  if (missing.length === 0 && first.length === other.length) return null;
  if (first.length !== other.length)
    return `one has ${thousands(first.length)} users and the other ${thousands(other.length)}`;
  return `${thousands(missing.length)} of ${thousands(first.length)} users are not the same, such as \`${missing[0]!}\``;
}

function itemDifference(
  { details: first }: PerUserResults,
  { details: other }: PerUserResults,
): string | null {
  // What earlier versions stored says nothing of items.
  if (first === null || other === null) return null;
  const others = new Set(other.itemIds);
  const missing = first.itemIds.filter((id) => !others.has(id));
  if (missing.length === 0 && first.itemIds.length === other.itemIds.length) return null;
  const [sizeOfFirst, sizeOfOther] = [first.itemIds.length - 1, other.itemIds.length - 1];
  return sizeOfFirst === sizeOfOther
    ? `${thousands(missing.length)} of ${thousands(sizeOfFirst)} items are not the same, such as \`${missing[0]!}\``
    : `one has ${thousands(sizeOfFirst)} items and the other ${thousands(sizeOfOther)}`;
}

/** Ids of a user's targets; where those of one run are not known, only their number is compared. */
function targetsOf({ targetOffsets, details }: PerUserResults, row: number, areKnown: boolean): string[] {
  const [from, to] = [targetOffsets[row]!, targetOffsets[row + 1]!];
  return Array.from({ length: to - from }, (_, place) =>
    areKnown ? details!.itemIds[details!.targets[from + place]!]! : '',
  );
}

function listText(ids: readonly string[]): string {
  return ids.length === 1 ? `item \`${ids[0]!}\`` : `items ${ids.map((id) => `\`${id}\``).join(', ')}`;
}

function inOrder({ length, items }: RankedLists, rows: Uint32Array, itemOf: Int32Array | null): RankedLists {
  const ordered = new Int32Array(items.length);
  rows.forEach((row, place) => ordered.set(items.subarray(row * length, (row + 1) * length), place * length));
  return { length, items: itemOf === null ? ordered : ordered.map((item) => itemOf[item]!) };
}

/** The first run's index of each of the other's items; null where they are the same, or not known. */
function itemsOf({ details: first }: PerUserResults, { details: other }: PerUserResults): Int32Array | null {
  if (first === null || other === null) return null;
  if (other.itemIds.every((id, item) => id === first.itemIds[item])) return null;
  const indexOf = new Map(first.itemIds.map((id, item) => [id, item]));
  return Int32Array.from(other.itemIds, (id) => indexOf.get(id)!);
}
