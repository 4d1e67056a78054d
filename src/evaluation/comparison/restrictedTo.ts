import type { RankedTargets } from '../rankMetrics';

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
  };
}
