import type { PreparedDataset } from '../../dataset/preparedDataset';
import type { ResultDetails } from '../../evaluation/perUserResults';
import { modelDataOf } from '../../inference/modelData';
import type { SlicingName } from '../../protocol/comparison';
import type { FeatureColumn, NumberColumn } from '../../protocol/features';
import { formatMetric } from '../../series/format';
import { LENGTH_GROUPS, lengthGroup, lengthLabel } from '../historyLengths';
import { popularityDeciles } from '../popularityDeciles';

/** Targets by what they, or their users, have in common. */
export interface SlicedTargets {
  labels: string[];
  /** Slices of a target of a user; a target of several categories is in several. */
  of: (user: number, target: number) => readonly number[];
}

/** A way to slice. */
export interface SlicingKind extends SlicingName {
  slice: () => SlicedTargets;
}

/** Ages of the newest item of a history when the target comes, in seconds, up to which a slice goes. */
const AGES: [number, string][] = [
  [3600, 'up to 1 hour'],
  [86_400, 'up to 1 day'],
  [7 * 86_400, 'up to 1 week'],
  [30 * 86_400, 'up to 30 days'],
  [365 * 86_400, 'up to 1 year'],
  [Infinity, 'more than 1 year'],
];
/** Values of a category with a slice of their own, the most frequent ones; the others are together. */
const CATEGORIES = 12;
const QUANTILES = 5;

/** Every slicing that the results, and the data where they are at hand, allow. */
export function slicingKinds(details: ResultDetails | null, dataset: PreparedDataset | null): SlicingKind[] {
  if (details === null) return [];
  const { historyLengths, historyTimes, targets, targetTimes, targetPopularity, users } = details;
  const kinds: SlicingKind[] = [
    {
      name: 'historyLength',
      title: 'History length',
      slice: () => ({
        labels: ['no items', ...Array.from({ length: LENGTH_GROUPS }, (_, group) => lengthLabel(group))],
        of: (user) => [1 + lengthGroup(historyLengths[user]!)],
      }),
    },
  ];
  if (dataset !== null) {
    kinds.push({
      name: 'popularity',
      title: 'Popularity decile of the held-out item',
      slice: () => {
        const deciles = popularityDeciles(modelDataOf(dataset).itemCounts.subarray(1));
        return {
          labels: Array.from({ length: 10 }, (_, index) =>
            index === 0 ? '1, most popular' : index === 9 ? '10, least popular' : String(index + 1),
          ),
          of: (_, target) => [deciles[targets[target]! - 1]! - 1],
        };
      },
    });
  }
  kinds.push({
    name: 'cold',
    title: 'Training interactions of the held-out item',
    slice: () => ({
      labels: ['none (cold)', '1 to 9', '10 to 99', '100 or more'],
      of: (_, target) => [[1, 10, 100].filter((count) => targetPopularity[target]! >= count).length],
    }),
  });
  if (historyTimes !== null && targetTimes !== null) {
    kinds.push({
      name: 'recency',
      title: 'Time since the user’s newest item',
      slice: () => ({
        labels: [...AGES.map(([, label]) => label), 'no history'],
        of: (user, target) => {
          const age = targetTimes[target]! - historyTimes[user]!;
          return [Number.isNaN(age) ? AGES.length : AGES.findIndex(([limit]) => age <= limit)];
        },
      }),
    });
  }
  if (dataset === null) return kinds;
  for (const column of dataset.userFeatures) {
    kinds.push({
      name: `user.${column.name}`,
      title: `User: ${column.name}`,
      slice: () => byColumn(column, users, (user) => users[user]!),
    });
  }
  for (const column of dataset.itemFeatures) {
    kinds.push({
      name: `item.${column.name}`,
      title: `Held-out item: ${column.name}`,
      slice: () => byColumn(column, targets, (_, target) => targets[target]!),
    });
  }
  return kinds;
}

/** @param rows those that are sliced, of which `rowOf` gives one */
function byColumn(
  column: FeatureColumn,
  rows: Uint32Array,
  rowOf: (user: number, target: number) => number,
): SlicedTargets {
  if (column.kind === 'number') return byNumber(column, rows, rowOf);
  const valuesOf = (row: number): Int32Array =>
    column.kind === 'category'
      ? column.values.subarray(row, row + 1)
      : column.values.subarray(column.offsets[row], column.offsets[row + 1]);
  const counts = new Map<number, number>();
  for (const row of rows) for (const value of valuesOf(row)) counts.set(value, (counts.get(value) ?? 0) + 1);
  // 0 stands for what is not known.
  const known = [...counts.keys()].filter((value) => value > 0);
  const shown = known.sort((a, b) => counts.get(b)! - counts.get(a)! || a - b).slice(0, CATEGORIES);
  const placeOf = new Map(shown.map((value, place) => [value, place]));
  const [others, unknown] = [shown.length, shown.length + 1];
  return {
    labels: [...shown.map((value) => column.labels[value]!), 'others', 'unknown'],
    of: (user, target) => {
      const values = [...valuesOf(rowOf(user, target))].filter((value) => value > 0);
      return values.length === 0
        ? [unknown]
        : [...new Set(values.map((value) => placeOf.get(value) ?? others))];
    },
  };
}

/** By fifths of the rows; fewer where many have the same value. */
function byNumber(
  { values, shift, scale }: NumberColumn,
  rows: Uint32Array,
  rowOf: (user: number, target: number) => number,
): SlicedTargets {
  const sorted = Float64Array.from(rows, (row) => values[row]! * scale + shift).sort();
  const limits = Array.from(
    { length: QUANTILES },
    (_, fifth) => sorted[Math.max(0, Math.ceil(((fifth + 1) * sorted.length) / QUANTILES) - 1)]!,
  );
  const distinct = [...new Set(limits)];
  return {
    labels: distinct.map((limit, place) =>
      place === 0
        ? `up to ${formatMetric(limit)}`
        : `above ${formatMetric(distinct[place - 1]!)} to ${formatMetric(limit)}`,
    ),
    of: (user, target) => {
      const value = values[rowOf(user, target)]! * scale + shift;
      return [distinct.findIndex((limit) => value <= limit)];
    },
  };
}
