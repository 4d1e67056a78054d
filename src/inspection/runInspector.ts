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
      const [first, last] = historyBounds(dataset, user, end);
      const { items, offsets, times } = dataset;
      return {
        user: userLabel(dataset, user),
        items: Array.from(items.subarray(first, last), (item, index) => ({
          ...itemLabel(dataset, item),
          time: times === null ? null : times[first + index]! * 1000,
        })),
        next: last < offsets[user + 1]! ? itemLabel(dataset, items[last]!) : null,
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

/** Where a user's history begins and ends in the items of the dataset. */
export function historyBounds(dataset: PreparedDataset, user: number, end: HistoryEnd): [number, number] {
  const { offsets, trainEnd, validationEnd } = dataset;
  userLabel(dataset, user);
  const ends = { train: trainEnd[user]!, validation: validationEnd[user]!, all: offsets[user + 1]! };
  return [offsets[user]!, ends[end]];
}
