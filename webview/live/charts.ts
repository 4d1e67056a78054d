import { protocolBadge, describeProtocol } from '../../src/protocol/evaluation';
import { isActive, throughputUnit, type RunManifest } from '../../src/protocol/run';
import { xOfMark, xValues } from '../../src/series/axes';
import { curveStats } from '../../src/series/curveStats';
import { formatBytes, formatCount, formatMetric, formatMetricName } from '../../src/series/format';
import type { RunSeries } from '../../src/series/runSeries';
import type { ChartLine, ChartModel } from '../plot/chartModel';
import { chartPlaceholder, type Known } from './placeholders';
import { trouble } from './runView';
import type { LiveState } from './state';

/** What the charts ask of the page. */
export type ChartHandlers = Pick<ChartModel, 'onZoom' | 'onSave'>;

/** How a curve is drawn. */
type LineStyle = Pick<ChartLine, 'label' | 'format'> &
  Partial<Pick<ChartLine, 'side' | 'fromZero' | 'smoothing' | 'formatTicks'>>;

/** Whether there are curves to see, or may still be: a run that ended before its first point has none. */
export function hasCurves({ run, series, reading }: LiveState): boolean {
  if (run === null) return true;
  const { progress } = run.manifest;
  // A baseline learns nothing step by step.
  if (progress.epochs === 0) return false;
  return isActive(run.status) || (reading ? progress.step > 0 : series.names.length > 0);
}

/** Why a run that ended has no curves at all; null where that is told already, or there is nothing to tell. */
export function missingCurves(state: LiveState): string | null {
  const { run, reading } = state;
  const isTold = run === null || trouble(run) !== null || run.manifest.progress.epochs === 0;
  return isTold || reading || hasCurves(state) ? null : chartPlaceholder('loss', knownOf(state));
}

function knownOf({ run, reading }: LiveState): Known {
  const { progress, refitOf } = run?.manifest ?? {};
  return { status: run?.status ?? null, reading, steps: progress?.step ?? 0, refit: refitOf !== undefined };
}

/** Names of the validation metrics that can be put on the chart: the main one first. */
export function validationMetrics({ series, run }: LiveState): string[] {
  const measured = series.names
    .filter((name) => name.startsWith('validation/'))
    .map((name) => name.slice('validation/'.length));
  const main = run?.manifest.mainMetric;
  return main === undefined ? measured : [main, ...measured.filter((name) => name !== main)];
}

/** The validation metric on the chart: the one that was chosen, or else the main one. */
export function shownMetric(state: LiveState): string {
  const metrics = validationMetrics(state);
  const { metric } = state.settings;
  return metric !== null && metrics.includes(metric) ? metric : (metrics[0] ?? 'metric');
}

/** The models of the panel's charts, in their order on the page. */
export function chartModels(state: LiveState, handlers: ChartHandlers): ChartModel[] {
  const { series, settings, zoom, run } = state;
  const { xAxis, yAxis, smoothing } = settings;
  const known = knownOf(state);
  const { clock } = series;
  const line = (name: string, style: LineStyle): ChartLine[] => {
    const columns = series.get(name);
    if (!columns) return [];
    const plain = { smoothing: 0, side: 'left', fromZero: false } as const;
    return [{ ...plain, ...style, columns, x: xValues(columns, xAxis, clock) }];
  };
  const marks = currentMarks(state).map((mark) => ({ kind: mark.kind, x: xOfMark(mark, xAxis, clock) }));
  const runName = run?.manifest.name ?? 'run';
  const metric = shownMetric(state);
  const protocol = run?.manifest.protocol ?? null;
  const unit = run ? throughputUnit(run.manifest) : 'examples/s';
  const common = { ...handlers, xAxis, yAxis, zoom, badge: null, partial: state.reading };
  return [
    {
      ...common,
      title: `Validation ${formatMetricName(metric)}`,
      badge: protocol && { text: protocolBadge(protocol), title: describeProtocol(protocol) },
      lines: line(`validation/${metric}`, { label: formatMetricName(metric), format: formatMetric }),
      marks,
      empty: chartPlaceholder('validation', known),
      fileName: `${runName}-validation-${metric.replace(/[^\w-]+/g, '-')}`,
    },
    {
      ...common,
      title: isScheduled(series) ? 'Training loss · learning rate' : 'Training loss',
      lines: [
        ...line('loss', { label: 'loss', format: formatMetric, smoothing }),
        ...(isScheduled(series)
          ? line('learningRate', { label: 'learning rate', format: formatMetric, side: 'right' })
          : []),
      ],
      marks,
      empty: chartPlaceholder('loss', known),
      fileName: `${runName}-loss`,
    },
    {
      ...common,
      title: `Throughput, ${unit}`,
      lines: line('throughput', { label: unit, format: formatCount, smoothing, fromZero: true }),
      marks: [],
      empty: chartPlaceholder('throughput', known),
      fileName: `${runName}-throughput`,
    },
    {
      ...common,
      title: 'Trainer memory · CPU',
      lines: [
        ...line('memory', {
          label: 'memory',
          format: formatBytes,
          formatTicks: (ticks) => ticks.map(formatByteTick),
          fromZero: true,
        }),
        ...line('cpu', { label: 'CPU', format: formatCores, side: 'right', fromZero: true }),
      ],
      marks: [],
      empty: chartPlaceholder('system', known),
      fileName: `${runName}-system`,
    },
  ];
}

/** Whether the learning rate changes while the model is trained; a constant one is in the config. */
function isScheduled(series: RunSeries): boolean {
  const rates = series.get('learningRate');
  if (!rates) return false;
  const { min, max } = curveStats(rates.value);
  return min < max;
}

/** Cores that are busy: `1.5 cores`. */
function formatCores(cores: number): string {
  return `${Number(cores.toFixed(2))} cores`;
}

/** Round numbers of bytes without the digits that `formatBytes` keeps: `200 MB`. */
function formatByteTick(bytes: number): string {
  return bytes === 0 ? '0' : formatBytes(bytes).replace(/\.0+ /, ' ');
}

/** Of many bests and checkpoints, only the newest can still be gone back to. */
function currentMarks({ series: { marks } }: LiveState): LiveState['series']['marks'] {
  const newest = (kind: 'best' | 'checkpoint') => marks.findLast((mark) => mark.kind === kind);
  return marks.filter(
    (mark) => mark.kind === 'resumed' || mark === newest('best') || mark === newest('checkpoint'),
  );
}

/** The metric beside the main one on the line of facts. */
export function secondMetric({ last, mainMetric }: RunManifest): string | null {
  const [family, cutoff] = mainMetric.split('@');
  const others = Object.keys(last?.metrics ?? {}).filter((name) => name.split('@')[0] !== family);
  return others.find((name) => name.endsWith(`@${cutoff}`)) ?? others[0] ?? null;
}
