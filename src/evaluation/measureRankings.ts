import type { Metrics } from '../protocol/evaluation';
import type { ListMetric, RankMetric } from './metrics/metric';
import { meanRankMetric, tieGroups, withoutTies, type RankedTargets, type TieGroups } from './rankMetrics';
import type { Catalog, TopLists } from './topLists';

export interface MeasuredBy {
  /** In the order in which results list them, at each cut-off. */
  metrics: readonly (RankMetric | ListMetric)[];
  cutoffs: readonly number[];
}

export interface MeasuredRankings {
  metrics: Metrics;
  /** Metrics of ranks as if ties were broken for and against the targets; null when no tie changes one. */
  tieBounds: { best: Metrics; worst: Metrics } | null;
}

/**
 * The metrics of rankings.
 * @param lists what was recommended; only metrics of lists look at them, and at the catalog
 */
export function measureRankings(
  ranked: RankedTargets,
  lists: TopLists,
  catalog: Catalog | null,
  { metrics, cutoffs }: MeasuredBy,
): MeasuredRankings {
  const measure = (groups: TieGroups, some = metrics): Metrics =>
    Object.fromEntries(
      cutoffs.flatMap((cutoff) =>
        some.map((metric) => [
          `${metric.name}@${cutoff}`,
          metric.needs === 'rank'
            ? meanRankMetric(metric, groups, cutoff)
            : meanOfCounted(metric.of(lists, cutoff, catalog!)),
        ]),
      ),
    );
  const groups = tieGroups(ranked);
  const byRank = metrics.filter(({ needs }) => needs === 'rank');
  const best = measure(withoutTies(groups, 'first'), byRank);
  const worst = measure(withoutTies(groups, 'last'), byRank);
  const tiesMatter = Object.keys(best).some((name) => best[name] !== worst[name]);
  return { metrics: measure(groups), tieBounds: tiesMatter ? { best, worst } : null };
}

/** The mean of the values of users, without those that do not count; one value stays what it is. */
function meanOfCounted(values: Float64Array | number): number {
  if (typeof values === 'number') return values;
  const counted = values.filter((value) => !Number.isNaN(value));
  return counted.reduce((sum, value) => sum + value, 0) / counted.length;
}
