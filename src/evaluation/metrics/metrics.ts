import { readOwnMetricName, type ShownMetric } from '../ownMetric';
import { auc } from './auc';
import { averagePopularity } from './averagePopularity';
import { calibrationError } from './calibrationError';
import { coverage } from './coverage';
import { diversity } from './diversity';
import { entropy } from './entropy';
import { f1 } from './f1';
import { f2 } from './f2';
import { gauc } from './gauc';
import { gini } from './gini';
import { hr } from './hr';
import { librecommenderMap } from './librecommenderMap';
import { librecommenderNdcg } from './librecommenderNdcg';
import { logLoss } from './logLoss';
import { map } from './map';
import type { LabelMetric, ListMetric, Metric, RankMetric } from './metric';
import { microsoftMrr } from './microsoftMrr';
import { mrr } from './mrr';
import { ndcg } from './ndcg';
import { novelty } from './novelty';
import { pap } from './pap';
import { partialAuc } from './partialAuc';
import { prAuc } from './prAuc';
import { precision } from './precision';
import { recall } from './recall';
import { recboleCoverage } from './recboleCoverage';
import { recboleEntropy } from './recboleEntropy';
import { recboleGauc } from './recboleGauc';
import { recboleGini } from './recboleGini';
import { rectoolsMap } from './rectoolsMap';
import { rectoolsNdcg } from './rectoolsNdcg';
import { rPrecision } from './rPrecision';
import { serendipity } from './serendipity';
import { tailShare } from './tailShare';

/** All metrics, in the order in which docs list them. */
export const METRICS: readonly Metric[] = [
  ...[hr, ndcg, mrr, recall, precision, map, f1, f2, rPrecision, partialAuc, pap],
  ...[coverage, novelty, serendipity, diversity, gini, entropy, averagePopularity, tailShare],
  ...[auc, gauc, logLoss, prAuc, calibrationError],
  // What libraries compute under names of the above.
  ...[rectoolsNdcg, rectoolsMap, librecommenderNdcg, librecommenderMap, microsoftMrr],
  ...[recboleCoverage, recboleGini, recboleEntropy, recboleGauc],
];

/** Those that are measured where a config does not say. */
export const DEFAULT_METRICS: readonly Metric[] = [hr, ndcg, mrr];

/** The one that chooses an epoch where a config does not say. */
export const DEFAULT_METRIC: Metric = ndcg;

/** The same where the data have labels, and the model learns from them. */
export const DEFAULT_LABEL_METRICS: readonly Metric[] = [auc, gauc, logLoss, prAuc, calibrationError];
export const DEFAULT_LABEL_METRIC: Metric = auc;

/** Those that need labels, and have no cut-off. */
export const LABEL_METRICS = METRICS.filter((metric) => metric.needs === 'scores and labels');

/** Those that a ranking is measured by, which have a value at each cut-off: all that need no labels. */
export const RANKING_METRICS = METRICS.filter((metric) => metric.needs !== 'scores and labels');

/** Metrics of the user, by their names in the config. */
export type OwnMetrics = ReadonlyMap<string, RankMetric | ListMetric>;

/** The metrics of some names, in their order. @throws Error for one that no ranking is measured by */
export function rankingMetrics(
  names: readonly string[],
  own: OwnMetrics = new Map(),
): (RankMetric | ListMetric)[] {
  return names.map((name) => {
    const metric = own.get(name) ?? RANKING_METRICS.find((other) => other.name === name);
    if (metric === undefined) throw new Error(`No ranking is measured by ${name}.`);
    return metric;
  });
}

/** The metrics of some names that shown items are measured by, in their order. @throws Error for one that they are not */
export function metricsOfLabels(
  names: readonly string[],
  own: OwnMetrics = new Map(),
): (RankMetric | LabelMetric)[] {
  return names.map((name) => {
    const metric = own.get(name) ?? METRICS.find((other) => other.name === name);
    if (metric === undefined || metric.needs === 'list')
      throw new Error(`Shown items are not measured by ${name}.`);
    return metric;
  });
}

/** Metrics at each cut-off, such as `ndcg@10`, or without, such as `auc`; those of one metric together and the default first. */
export function measuredNames(names: readonly string[], cutoffs: readonly number[]): string[] {
  const order = [...names].sort(
    (a, b) => Number(b === DEFAULT_METRIC.name) - Number(a === DEFAULT_METRIC.name),
  );
  return order.flatMap((name) =>
    LABEL_METRICS.some((metric) => metric.name === name)
      ? [name]
      : cutoffs.map((cutoff) => `${name}@${cutoff}`),
  );
}

/** The metric of a name, with a cut-off or without, in any case; undefined for one that this version does not know. */
export function findMetric(name: string): Metric | undefined {
  const [family] = name.toLowerCase().split('@');
  return METRICS.find((metric) => metric.name.toLowerCase() === family);
}

/** What is to be shown of a metric in results, with a cut-off or without: one of ours, or of the user. */
export function shownMetric(name: string): ShownMetric | undefined {
  return findMetric(name) ?? readOwnMetricName(name.split('@')[0]!);
}

/** 1 for a metric of which a larger value is better, −1 for one of which a smaller is; 1 for one that this version does not know. */
export function directionOf(name: string): 1 | -1 {
  return shownMetric(name)?.higherIsBetter === false ? -1 : 1;
}

/** By how much a value of a metric is better than another: below 0 where it is worse. */
export function gainOver(name: string, value: number, other: number): number {
  return directionOf(name) * (value - other);
}

/** The best of some values of a metric. */
export function bestOf(name: string, values: readonly number[]): number {
  return directionOf(name) > 0 ? Math.max(...values) : Math.min(...values);
}
