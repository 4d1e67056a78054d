import type { Exclusions } from '../compute/ranking';
import type { BatchBuilder } from '../model/batches/batchBuilder';
import { paddedTimes } from '../model/batches/paddedTimes';
import type { Query } from '../model/model';

/** Users and what is known of them. */
export interface Readers {
  /** Index of each user; −1 for one whom training does not know. */
  users: readonly number[];
  /** Items of each user, oldest first. */
  histories: readonly Uint32Array[];
  /** Seconds since 1970 of these items; null or left out where the data have no times. */
  times?: readonly Float64Array[] | null;
  /** The same of what each user is going to do. Where it is unknown, it counts as done when the newest item was. */
  nextTimes?: readonly (number | null)[];
}

/** What a model reads of some users: the newest items, left-padded to the longest history. */
export function queryOf(
  { users, histories, times, nextTimes }: Readers,
  reads: Pick<BatchBuilder, 'maxLength' | 'times'>,
): Query {
  const length = Math.max(1, ...histories.map((history) => Math.min(history.length, reads.maxLength)));
  const firstRead = histories.map((history) => history.length - Math.min(history.length, reads.maxLength));
  const sequences = new Int32Array(histories.length * length);
  histories.forEach((history, row) => {
    const newest = history.subarray(firstRead[row]);
    sequences.set(newest, (row + 1) * length - newest.length);
  });
  const query = { size: histories.length, length, users: Int32Array.from(users), histories: sequences };
  if (reads.times === undefined || !times) return query;
  const rows = times.map((own, row) => {
    const next = reads.times === 'target' ? nextTimes?.[row] : null;
    return Float64Array.of(...own.subarray(firstRead[row]), next ?? own.at(-1) ?? 0);
  });
  return { ...query, times: paddedTimes(rows, length + 1) };
}

/** The items of each history as columns of the catalog. */
export function seenColumns(histories: readonly Uint32Array[]): Exclusions {
  const offsets = new Int32Array(histories.length + 1);
  histories.forEach((history, row) => (offsets[row + 1] = offsets[row]! + history.length));
  const columns = new Int32Array(offsets.at(-1)!);
  histories.forEach((history, row) =>
    columns.set(
      history.map((item) => item - 1),
      offsets[row],
    ),
  );
  return { offsets, columns };
}
