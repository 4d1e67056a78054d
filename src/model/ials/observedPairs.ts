import { forEachSequence, type TrainingSequences } from '../baseline';
import type { LetEventsIn } from '../../protocol/letEventsIn';

/** Pairs of one row, such as a user, with ids of the other side, from 0, and how often each occurs. */
export interface ObservedRow {
  ids: Uint32Array;
  strengths: Float64Array;
}

/** All of one side. Row n is at `offsets[n] … offsets[n + 1] - 1`. */
export interface ObservedPairs extends ObservedRow {
  offsets: Uint32Array;
}

/** @param items from 1 */
export function rowOf(items: Uint32Array): ObservedRow {
  const counts = new Map<number, number>();
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
  return {
    ids: Uint32Array.from(counts.keys(), (item) => item - 1),
    strengths: Float64Array.from(counts.values()),
  };
}

/** The items of each user. */
export async function pairsOf(
  sequences: TrainingSequences,
  letEventsIn?: LetEventsIn,
): Promise<ObservedPairs> {
  const { ends, offsets: starts } = sequences;
  const most = ends.reduce((sum, end, user) => sum + end - starts[user]!, 0);
  const ids = new Uint32Array(most);
  const strengths = new Float64Array(most);
  const offsets = new Uint32Array(ends.length + 1);
  let user = 0;
  const add = (items: Uint32Array): void => {
    const row = rowOf(items);
    ids.set(row.ids, offsets[user]);
    strengths.set(row.strengths, offsets[user]);
    offsets[user + 1] = offsets[user]! + row.ids.length;
    user++;
  };
  await forEachSequence(sequences, add, letEventsIn);
  const count = offsets[user]!;
  return { offsets, ids: ids.subarray(0, count), strengths: strengths.subarray(0, count) };
}

/** The same pairs by the other side, which has `size` ids. */
export function transposed({ offsets, ids, strengths }: ObservedPairs, size: number): ObservedPairs {
  const starts = new Uint32Array(size + 1);
  for (let place = 0; place < ids.length; place++) starts[ids[place]! + 1]!++;
  for (let id = 0; id < size; id++) starts[id + 1]! += starts[id]!;
  const next = starts.slice();
  const result = {
    offsets: starts,
    ids: new Uint32Array(ids.length),
    strengths: new Float64Array(ids.length),
  };
  for (let row = 0; row + 1 < offsets.length; row++) {
    for (let place = offsets[row]!; place < offsets[row + 1]!; place++) {
      const target = next[ids[place]!]!++;
      result.ids[target] = row;
      result.strengths[target] = strengths[place]!;
    }
  }
  return result;
}
