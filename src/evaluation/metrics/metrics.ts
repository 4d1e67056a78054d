import { hr } from './hr';
import type { Metric } from './metric';
import { mrr } from './mrr';
import { ndcg } from './ndcg';

/** All metrics, in the order in which results list them. */
export const METRICS: readonly Metric[] = [hr, ndcg, mrr];

/** The one that chooses an epoch where a config does not say. */
export const DEFAULT_METRIC: Metric = ndcg;

/** Names at each cut-off, such as `ndcg@10`, those of one metric together and the default first. */
export function metricNames(cutoffs: readonly number[]): string[] {
  return [DEFAULT_METRIC, ...METRICS.filter((metric) => metric !== DEFAULT_METRIC)].flatMap(({ name }) =>
    cutoffs.map((cutoff) => `${name}@${cutoff}`),
  );
}

/** The metric of a name with a cut-off; undefined for one that this version does not know. */
export function findMetric(name: string): Metric | undefined {
  return METRICS.find((metric) => name.startsWith(`${metric.name}@`));
}
