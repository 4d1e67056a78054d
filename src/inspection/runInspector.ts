import { historiesUntil } from '../dataset/histories';
import type { PreparedDataset } from '../dataset/preparedDataset';
import type { HistoryEnd, ItemLabel, RunInspector, UserLabel } from '../protocol/inspection';
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
    userHistory: async (run, user, end) => {
      const { dataset } = await runs.open(run);
      const { items, times, next } = historyOf(dataset, user, end);
      return {
        user: userLabel(dataset, user),
        items: Array.from(items, (item, index) => ({
          ...itemLabel(dataset, item),
          time: times === null ? null : times[index]! * 1000,
        })),
        next: next === null ? null : itemLabel(dataset, next.item),
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

/** What a user did, oldest first, and the first item that is held out behind it. @throws InspectionError when there is no such user */
export function historyOf(
  dataset: PreparedDataset,
  user: number,
  end: HistoryEnd,
): {
  items: Uint32Array;
  times: Float64Array | null;
  next: { item: number; time: number | null } | null;
} {
  userLabel(dataset, user);
  const { offsets, ends, items, times } = historiesUntil(dataset, end);
  const [first, last] = [offsets[user]!, ends[user]!];
  const isHeldOut = last < offsets[user + 1]!;
  return {
    items: items.subarray(first, last),
    times: times && times.subarray(first, last),
    next: isHeldOut ? { item: dataset.items[last]!, time: dataset.times?.[last] ?? null } : null,
  };
}
