import type { RankedUsers } from '../../evaluation/comparison/alignUsers';
import { meanOf } from '../../evaluation/comparison/intervals';
import { placeCounts, placeLimits, tiedTargets } from '../../evaluation/comparison/placeHistogram';
import type { PlaceHistogram } from '../../protocol/comparison';
import type { TestedRun } from './comparedRuns';

/** A run with what it says of the users and targets of the first one, in their order. */
export interface AlignedRun extends TestedRun {
  aligned: RankedUsers;
}

/** Expected place of each target, the mean over the runs of a group. */
export function meanPlaces(runs: readonly AlignedRun[], numTargets: number): Float32Array {
  return Float32Array.from({ length: numTargets }, (_, target) =>
    meanOf(runs.map(({ aligned: { ranks } }) => (ranks.best[target]! + ranks.worst[target]!) / 2)),
  );
}

/** Held-out items by their places, in each group. */
export function placeHistogram(
  groups: readonly (readonly AlignedRun[])[],
  candidates: number,
): PlaceHistogram {
  const limits = placeLimits(candidates);
  return {
    limits,
    counts: groups.map((runs) => {
      const counts = runs.map(({ aligned: { ranks } }) => placeCounts(ranks, limits));
      return limits.map((_, bar) => meanOf(counts.map((own) => own[bar]!)));
    }),
    tied: groups.map((runs) => meanOf(runs.map(({ aligned: { ranks } }) => tiedTargets(ranks)))),
  };
}
