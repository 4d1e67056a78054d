import type { RankMetric } from '../metrics/metric';
import type { RankedTargets } from './alignUsers';
import type { UserValues } from './userKinds';

/** A metric's value for each user: expected over the orders of tied items, so that the mean over users is the metric. */
export function rankValues(
  { of }: RankMetric,
  { ranks: { best, worst } }: Pick<RankedTargets, 'ranks'>,
  cutoff: number,
): UserValues {
  const sums = new Float64Array(cutoff + 1);
  for (let place = 1; place <= cutoff; place++)
    sums[place] = sums[place - 1]! + of({ places: [place], numRelevant: 1 }, cutoff);
  return Float64Array.from(best, (first, user) => {
    const last = worst[user]!;
    return first > cutoff ? 0 : (sums[Math.min(last, cutoff)]! - sums[first - 1]!) / (last - first + 1);
  });
}

/** The targets that are kept, of the users who have any left. */
export function restrictedTo(
  { targetOffsets, ranks }: RankedTargets,
  isKept: (user: number, target: number) => boolean,
): RankedTargets {
  const kept: number[] = [];
  const offsets = [0];
  for (let user = 0; user + 1 < targetOffsets.length; user++) {
    for (let target = targetOffsets[user]!; target < targetOffsets[user + 1]!; target++)
      if (isKept(user, target)) kept.push(target);
    if (kept.length > offsets.at(-1)!) offsets.push(kept.length);
  }
  return {
    targetOffsets: Uint32Array.from(offsets),
    ranks: {
      best: Uint32Array.from(kept, (target) => ranks.best[target]!),
      worst: Uint32Array.from(kept, (target) => ranks.worst[target]!),
    },
    lists: null,
  };
}
