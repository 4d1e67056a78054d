import type { Ranks } from '../rankMetrics';

/** Last places of bars whose widths grow with the places: 1, 2, 5, 10, 20, … up to the first that reaches the last candidate. */
export function placeLimits(numCandidates: number): number[] {
  const limits: number[] = [];
  for (let power = 1; ; power *= 10) {
    for (const step of [1, 2, 5]) {
      limits.push(step * power);
      if (step * power >= numCandidates) return limits;
    }
  }
}

/**
 * How many targets are in the places of each bar. One that is tied is spread evenly over the places that it may take, so that the
 * counts are the mean over all orders of tied items. Places behind the last limit are in the last bar.
 */
export function placeCounts({ best, worst }: Ranks, limits: readonly number[]): number[] {
  const counts = limits.map(() => 0);
  best.forEach((first, target) => {
    const last = worst[target]!;
    let from = first;
    for (let bar = limits.findIndex((limit) => limit >= first); from <= last; bar++) {
      const isLast = bar < 0 || bar >= limits.length - 1;
      const end = isLast ? last : Math.min(last, limits[bar]!);
      counts[isLast ? limits.length - 1 : bar]! += (end - from + 1) / (last - first + 1);
      from = end + 1;
    }
  });
  return counts;
}

export function tiedTargets({ best, worst }: Ranks): number {
  return best.reduce((count, first, target) => count + Number(first < worst[target]!), 0);
}
