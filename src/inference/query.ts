import type { Exclusions } from '../compute/ranking';
import type { RankingBatch } from '../evaluation/evaluateRanking';
import type { Query } from '../model/model';

/** What a model reads of the users of a batch: the newest items, left-padded to the longest history. */
export function queryOf(
  { users, histories }: Pick<RankingBatch, 'users' | 'histories'>,
  maxLength: number,
): Query {
  const length = Math.max(1, ...histories.map((history) => Math.min(history.length, maxLength)));
  const sequences = new Int32Array(histories.length * length);
  histories.forEach((history, row) => {
    const newest = history.subarray(Math.max(0, history.length - Math.min(length, maxLength)));
    sequences.set(newest, (row + 1) * length - newest.length);
  });
  return { size: histories.length, length, users: Int32Array.from(users), histories: sequences };
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
