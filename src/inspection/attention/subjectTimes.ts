import { historiesUntil } from '../../dataset/histories';
import type { PreparedDataset } from '../../dataset/preparedDataset';
import { queryOf } from '../../inference/query';
import type { Model, Query } from '../../model/model';
import type { AttentionSubject } from '../../protocol/attention';

/** Seconds since 1970; null where they are unknown. */
export interface SubjectTimes {
  history: (number | null)[];
  /** Of what the user did next. */
  target: number | null;
}

/**
 * When the user did what a history consists of. Items that stand in the same order in what the user did have its time; others,
 * which somebody put in, have none.
 */
export function subjectTimes(
  dataset: PreparedDataset,
  { user, history }: AttentionSubject,
  target: number | null,
): SubjectTimes {
  const { items, offsets, ends, times } = historiesUntil(dataset, 'all');
  const end = user < 0 ? 0 : ends[user]!;
  let place = user < 0 ? 0 : offsets[user]!;
  const next = (item: number): number | null => {
    const found = items.subarray(place, end).indexOf(item);
    if (found < 0) return null;
    place += found + 1;
    return times === null ? null : times[place - 1]!;
  };
  return { history: history.map(next), target: target === null ? null : next(target) };
}

/**
 * What a model reads of a user with each of some histories. What has no time comes with the item before it, or else with the one
 * after it.
 * @param target what the user did next; null if unknown
 */
export function subjectQuery(
  dataset: PreparedDataset,
  { batches }: Model,
  user: number,
  histories: readonly (readonly number[])[],
  target: number | null,
): Query {
  const known = histories.map((history) => subjectTimes(dataset, { user, history: [...history] }, target));
  return queryOf(
    {
      users: histories.map(() => user),
      histories: histories.map((history) => Uint32Array.from(history)),
      times: known.map(({ history }) => filledTimes(history)),
      nextTimes: known.map((times) => times.target),
    },
    batches,
  );
}

export function filledTimes(known: readonly (number | null)[]): Float64Array {
  let last = known.find((time) => time !== null) ?? 0;
  return Float64Array.from(known, (time) => (last = time ?? last));
}
