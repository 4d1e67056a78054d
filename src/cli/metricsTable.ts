import { styleText } from 'node:util';
import { baselineName, describeProtocol, type Metrics } from '../protocol/evaluation';
import type { TestResult } from '../protocol/run';
import { formatMetric, formatMetricName } from '../series/format';

/**
 * The test metrics of a model beside its baselines, one row each, the best of each column marked; below it the protocol
 * and, where it is so, the plain statement that a baseline is better.
 */
export function metricsTable(model: string, result: TestResult, mainMetric: string): string {
  const rows: [string, Metrics][] = [
    [model, result.metrics],
    ...Object.entries(result.baselines).map(([name, metrics]): [string, Metrics] => [
      baselineName(name),
      metrics,
    ]),
  ];
  const columns = Object.keys(result.metrics).filter((name) => !name.startsWith('mrr'));
  const best = Object.fromEntries(
    columns.map((column) => [column, Math.max(...rows.map(([, metrics]) => metrics[column] ?? -Infinity))]),
  );
  const nameWidth = Math.max(...rows.map(([name]) => name.length));
  const cell = (metrics: Metrics, column: string): string => {
    const value = metrics[column] ?? Number.NaN;
    const text = formatMetric(value).padStart(9);
    return value === best[column] ? styleText('bold', text) : text;
  };
  const lines = [
    `${' '.repeat(nameWidth)}${columns.map((column) => formatMetricName(column).padStart(9)).join('')}`,
    ...rows.map(
      ([name, metrics]) =>
        `${name.padEnd(nameWidth)}${columns.map((column) => cell(metrics, column)).join('')}`,
    ),
    '',
    `Protocol: ${describeProtocol(result.protocol)}.`,
  ];
  const better = rows
    .slice(1)
    .filter(([, metrics]) => (metrics[mainMetric] ?? 0) >= (result.metrics[mainMetric] ?? 0));
  if (better.length > 0) {
    lines.push(
      `By ${formatMetricName(mainMetric)} the model is no better than ${new Intl.ListFormat('en').format(better.map(([name]) => name))}.`,
    );
  }
  return lines.join('\n');
}
