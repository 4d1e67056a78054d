import type { HistoryEnd } from '../protocol/inspection';
import type { PreparedDataset } from './preparedDataset';

/** What users did up to some part: user u's interactions are at `offsets[u]` … `ends[u] - 1`, oldest first. */
export interface Histories {
  offsets: Uint32Array;
  ends: Uint32Array;
  items: Uint32Array;
  times: Float64Array | null;
}

/** The interactions of all parts up to `end`, in order of time whatever the split. */
export function historiesUntil(dataset: PreparedDataset, end: HistoryEnd): Histories {
  const { offsets, items, times, trainEnd, validationEnd, order } = dataset;
  const ends = { train: trainEnd, validation: validationEnd, all: offsets.subarray(1) }[end];
  if (order === null || end === 'train') return { offsets, ends, items, times };
  const known = sorted.get(dataset) ?? {};
  sorted.set(dataset, known);
  return (known[end] ??= { offsets, ends, ...inOrder(dataset, ends, order) });
}

/** Made once for each dataset. */
const sorted = new WeakMap<PreparedDataset, Partial<Record<HistoryEnd, Histories>>>();

function inOrder(
  { numUsers, offsets, items, times }: PreparedDataset,
  ends: Uint32Array,
  order: Uint32Array,
): Pick<Histories, 'items' | 'times'> {
  const result = { items: items.slice(), times: times && times.slice() };
  for (let user = 0; user < numUsers; user++) {
    const [start, end] = [offsets[user]!, ends[user]!];
    const rows = Uint32Array.from({ length: end - start }, (_, place) => start + place);
    rows.sort((a, b) => order[a]! - order[b]!);
    rows.forEach((row, place) => {
      result.items[start + place] = items[row]!;
      if (result.times) result.times[start + place] = times![row]!;
    });
  }
  return result;
}
