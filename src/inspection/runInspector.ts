import { historiesUntil } from '../dataset/histories';
import type { PreparedDataset } from '../dataset/preparedDataset';
import type { HeldOutItem, HistoryEnd, ItemLabel, RunInspector, UserLabel } from '../protocol/inspection';
import { InspectionError } from './inspectionError';
import type { InspectedRuns } from './inspectedRuns';
import { searchTexts } from './searchTexts';

/** What both views ask of runs: users, items and histories by name. */
export function runInspector(runs: InspectedRuns): RunInspector {
  return {
    describeRun: (run) => runs.describe(run),
    findUsers: async (run, text, limit) => {
      const { dataset } = await runs.open(run);
      return searchTexts(text, [dataset.userIds], limit).map((user) => userLabel(dataset, user));
    },
    findItems: async (run, text, limit) => {
      const { dataset } = await runs.open(run);
      const { itemIds, itemTitles } = dataset;
      const texts = itemTitles === null ? [itemIds] : [itemTitles, itemIds];
      // The first one is the padding.
      return searchTexts(text, texts, limit + 1)
        .filter((item) => item > 0)
        .slice(0, limit)
        .map((item) => itemLabel(dataset, item));
    },
    userHistory: async (run, user, until) => {
      const { dataset } = await runs.open(run);
      const { items, times, next, heldOut } = historyOf(dataset, user, until);
      const milliseconds = (seconds: number | null | undefined): number | null =>
        seconds === null || seconds === undefined ? null : seconds * 1000;
      return {
        user: userLabel(dataset, user),
        items: Array.from(items, (item, index) => ({
          ...itemLabel(dataset, item),
          time: milliseconds(times?.[index]),
        })),
        next: next === null ? null : itemLabel(dataset, next.item),
        heldOut: heldOut.map(({ item, time, part }) => ({
          ...itemLabel(dataset, item),
          time: milliseconds(time),
          part,
        })),
      };
    },
  };
}

/** @throws InspectionError when there is no such item */
export function itemLabel({ numItems, itemIds, itemTitles }: PreparedDataset, item: number): ItemLabel {
  if (!Number.isInteger(item) || item < 1 || item > numItems)
    throw new InspectionError(
      'inspection/no-item',
      `There is no item ${item}: items go from 1 to ${numItems}.`,
    );
  const id = itemIds[item]!;
  const title = itemTitles?.[item];
  return { item, id, title: title === undefined || title === '' ? id : title };
}

/** @throws InspectionError when there is no such user */
export function userLabel({ numUsers, userIds, offsets }: PreparedDataset, user: number): UserLabel {
  if (!Number.isInteger(user) || user < 0 || user >= numUsers)
    throw new InspectionError(
      'inspection/no-user',
      `There is no user ${user}: users go from 0 to ${numUsers - 1}.`,
    );
  return { user, id: userIds[user]!, historyLength: offsets[user + 1]! - offsets[user]! };
}

/** What a user did, oldest first, and what is held out behind it. @throws InspectionError when there is no such user */
export function historyOf(
  dataset: PreparedDataset,
  user: number,
  end: HistoryEnd,
): {
  items: Uint32Array;
  times: Float64Array | null;
  next: HeldOut | null;
  /** By part, oldest first. */
  heldOut: HeldOut[];
} {
  userLabel(dataset, user);
  const { offsets, ends, items, times } = historiesUntil(dataset, end);
  const [first, last] = [offsets[user]!, ends[user]!];
  const heldOut = Array.from(dataset.items.subarray(last, offsets[user + 1]), (item, place): HeldOut => {
    const row = last + place;
    const part = row < dataset.validationEnd[user]! ? 'validation' : 'test';
    return { item, time: dataset.times?.[row] ?? null, part };
  });
  return {
    items: items.subarray(first, last),
    times: times && times.subarray(first, last),
    next: heldOut[0] ?? null,
    heldOut,
  };
}

/** An item by its index, with its time in seconds since 1970. */
type HeldOut = Pick<HeldOutItem, 'item' | 'time' | 'part'>;
