import { bestOf, gainOver } from '../evaluation/metrics/metrics';
import { describeProtocol, type Metrics } from '../protocol/evaluation';
import { baselinesBeside, type RunManifest, type TestResult } from '../protocol/run';
import { formatMetric, formatMetricName } from '../series/format';
import type { Styled } from './terminal';

/** A column's, with the space before it. */
function widthOf(metric: string): number {
  return Math.max(9, formatMetricName(metric).length + 2);
}

/**
 * The test metrics of a model beside its baselines, one row each, the best of each column marked; below it the protocol
 * and, where it is so, the plain statement that a baseline is better.
 */
export function metricsTable(
  run: Pick<RunManifest, 'name' | 'model'>,
  result: TestResult,
  mainMetric: string,
): Styled[] {
  const rows: [string, Metrics][] = [[run.name, result.metrics], ...baselinesBeside(run.model, result)];
  // MRR says much the same as NDCG, and the table is wide; but what chose the epoch is always there.
  const names = Object.keys(result.metrics);
  const hasNdcg = names.some((name) => name.startsWith('ndcg@'));
  const columns = names.filter((name) => !(hasNdcg && name.startsWith('mrr')) || name === mainMetric);
  const valuesOf = (column: string): number[] => rows.flatMap(([, metrics]) => metrics[column] ?? []);
  const best = Object.fromEntries(columns.map((column) => [column, bestOf(column, valuesOf(column))]));
  const nameWidth = Math.max(...rows.map(([name]) => name.length));
  const cell = (metrics: Metrics, column: string): Styled => {
    const value = metrics[column] ?? Number.NaN;
    const text = formatMetric(value).padStart(widthOf(column));
    return value === best[column] ? { strong: text } : text;
  };
  const parts: Styled[] = [
    `${' '.repeat(nameWidth)}${columns.map((column) => formatMetricName(column).padStart(widthOf(column))).join('')}\n`,
    ...rows.flatMap(([name, metrics]) => [
      name.padEnd(nameWidth),
      ...columns.map((column) => cell(metrics, column)),
      '\n',
    ]),
    `\nProtocol: ${describeProtocol(result.protocol)}.\n`,
  ];
  const own = result.metrics[mainMetric];
  // An evaluation of its own may have measured others.
  const better = rows
    .slice(1)
    .filter(([, metrics]) => own !== undefined && gainOver(mainMetric, own, metrics[mainMetric] ?? 0) <= 0);
  if (better.length > 0) {
    parts.push(
      `By ${formatMetricName(mainMetric)} the model is no better than ${new Intl.ListFormat('en').format(better.map(([name]) => name))}.\n`,
    );
  }
  return parts;
}
