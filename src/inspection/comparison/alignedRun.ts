import type { RankedUsers } from '../../evaluation/comparison/alignUsers';
import { meanOf } from '../../evaluation/comparison/intervals';
import type { RankMetric } from '../../evaluation/metrics/metric';
import { findMetric } from '../../evaluation/metrics/metrics';
import { rankMetricValues, tieGroups, type RankedTargets } from '../../evaluation/rankMetrics';
import type { TestedRun } from './comparedRuns';

/** A run with what it says of the users and targets of the first one, in their order. */
export interface AlignedRun extends TestedRun {
  aligned: RankedUsers;
}

/** A metric that is computed from ranks, with its cut-off. */
export function rankMetricOf(name: string): { metric: RankMetric; cutoff: number } | null {
  const [, cutoff] = /^[A-Za-z]+@([1-9]\d{0,4})$/.exec(name) ?? [];
  const metric = findMetric(name);
  return cutoff !== undefined && metric?.needs === 'rank' ? { metric, cutoff: Number(cutoff) } : null;
}

/** Of each user. @param name of such a metric */
export function valuesOf(ranked: RankedTargets, name: string): Float64Array {
  const { metric, cutoff } = rankMetricOf(name)!;
  return rankMetricValues(metric, tieGroups(ranked), cutoff);
}

/** Expected place of each target, the mean over the runs of a group. */
export function meanPlaces(runs: readonly AlignedRun[], numTargets: number): Float32Array {
  return Float32Array.from({ length: numTargets }, (_, target) =>
    meanOf(runs.map(({ aligned: { ranks } }) => (ranks.best[target]! + ranks.worst[target]!) / 2)),
  );
}
