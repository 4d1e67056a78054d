import { measureRankings, type MeasuredBy, type MeasuredRankings } from './measureRankings';
import type { PerUserResults } from './perUserResults';
import type { Catalog } from './topLists';

/** Whether metrics can be computed from stored results: those of lists need all their places. */
export function canBeMeasured(
  { details, rankers }: PerUserResults,
  { metrics, cutoffs }: MeasuredBy,
): boolean {
  if (metrics.every(({ needs }) => needs === 'rank')) return true;
  if (details === null) return false;
  const needed = Math.min(details.itemIds.length - 1, Math.max(...cutoffs));
  return [...rankers.values()].every(({ lists }) => lists !== null && lists.length >= needed);
}

/**
 * The metrics of each ranker from the results of users alone, without the model; the same to the last bit as when they were ranked.
 * @param catalog asked for only where there are metrics of lists
 */
export function evaluatedFrom(
  { targetOffsets, details, rankers }: PerUserResults,
  by: MeasuredBy,
  catalog: () => Catalog,
): Map<string, MeasuredRankings> {
  const needsLists = by.metrics.some(({ needs }) => needs === 'list');
  const relevant = (row: number): Uint32Array =>
    details!.targets.subarray(targetOffsets[row], targetOffsets[row + 1]);
  const known = needsLists ? catalog() : null;
  return new Map(
    [...rankers].map(([key, { ranks, lists }]) => {
      const topLists = { ...(lists ?? { length: 0, items: new Int32Array() }), relevant };
      return [key, measureRankings({ targetOffsets, ranks }, topLists, known, by)];
    }),
  );
}
