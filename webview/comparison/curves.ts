import type { ComparedRun, Comparison } from '../../src/protocol/comparison';
import { comparisonKey, describeProtocol, protocolBadge } from '../../src/protocol/evaluation';
import { formatMetric, formatMetricName } from '../../src/series/format';
import type { ChartModel, Zoom } from '../plot/chartModel';
import type { ComparisonHandlers } from '../results/handlers';

/**
 * The learning curves of all runs in one chart, by their main metric. Curves that were measured by different protocols are marked as
 * such: they are not comparable.
 * @param titles of the runs, in their order
 */
export function curvesModel(
  runs: readonly ComparedRun[],
  titles: readonly string[],
  comparison: Comparison | null,
  zoom: Zoom | null,
  { onZoom, onSave }: Pick<ComparisonHandlers, 'onZoom' | 'onSave'>,
): ChartModel {
  const metric = runs.find(({ curve }) => curve !== null)?.mainMetric ?? runs[0]?.mainMetric ?? '';
  const isShown = (run: ComparedRun): boolean => run.curve !== null && run.mainMetric === metric;
  const protocols = runs.filter(isShown).flatMap(({ protocol }) => protocol ?? []);
  const apart = new Set(protocols.map(comparisonKey)).size > 1;
  const [first] = protocols;
  const groupOf = (directory: string): number =>
    comparison?.groups.findIndex((group) => group.runs.some((run) => run.directory === directory)) ?? -1;
  return {
    title: `Validation ${formatMetricName(metric)}`,
    badge: apart
      ? {
          text: 'different protocols: not comparable',
          title: [...new Set(protocols.map(describeProtocol))].join('\n'),
        }
      : first === undefined
        ? null
        : { text: protocolBadge(first), title: describeProtocol(first) },
    ...{ xAxis: 'epoch', yAxis: 'linear', partial: false, marks: [] },
    zoom,
    lines: runs.flatMap((run, index) => {
      if (run.curve === null || run.mainMetric !== metric) return [];
      const group = groupOf(run.directory);
      return {
        label: [comparison?.groups[group]?.letter, titles[index]].filter((part) => part).join(' '),
        columns: run.curve,
        x: run.curve.epoch,
        // As in the other pictures; seeds of a group differ in their dashes.
        ...(group >= 0 && { color: group }),
        ...{ smoothing: 0, side: 'left', fromZero: false, format: formatMetric },
      };
    }),
    empty: 'None of these runs was validated by epoch.',
    fileName: 'comparison-curves',
    onZoom,
    onSave,
  };
}
