import type { XAxis } from '../../src/series/axes';
import { curveStats } from '../../src/series/curveStats';
import { formatCount, formatDuration, formatEpoch } from '../../src/series/format';
import { countOf } from '../../src/protocol/countOf';
import type { DrawnLine } from './chartData';
import type { ChartLine, ChartModel } from './chartModel';

/** A place on the x axis: `step 1,200`, `epoch 3.52`, `2 min 3 s`. */
export function formatX(x: number, axis: XAxis): string {
  if (axis === 'time') return formatDuration(x * 1000);
  return axis === 'step' ? `step ${formatCount(x)}` : `epoch ${formatEpoch(x)}`;
}

/** The ticks of an axis in as few digits as tell them apart: `4,000`; from ten thousand on they are written with `k`, `M`, `G`. */
export function formatTicks(ticks: readonly number[], increment: number): string[] {
  const largest = Math.max(...ticks.map(Math.abs));
  const [scale, unit] =
    largest >= 1e9 ? [1e9, 'G'] : largest >= 1e6 ? [1e6, 'M'] : largest >= 1e4 ? [1e3, 'k'] : [1, ''];
  const isWhole = (value: number) => Math.abs(value - Math.round(value)) < 1e-6;
  let digits = 0;
  while (digits < 10 && !isWhole((increment / scale) * 10 ** digits)) digits++;
  const format = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return ticks.map((tick) =>
    tick === 0 ? '0' : `${(tick / scale).toLocaleString('en-US', format).replace('-', '−')}${unit}`,
  );
}

/** The ticks of a log axis: powers of ten, and what is between them when there are no two of those. */
export function formatLogTicks(ticks: readonly (number | null)[]): (string | null)[] {
  const isPower = (tick: number | null) => tick !== null && Math.abs(Math.log10(tick) % 1) < 1e-9;
  const sparse = ticks.filter(isPower).length >= 2;
  return ticks.map((tick) => {
    if (tick === null || (sparse && !isPower(tick))) return null;
    return tick >= 1e4 || tick < 1e-3
      ? tick.toExponential(0).replace('e+', 'e').replace('-', '−')
      : tick.toLocaleString('en-US');
  });
}

/** What the chart shows in words, for those who cannot see it. */
export function summarize(model: ChartModel, lines: readonly ChartLine[]): string {
  const about = lines.map((line) => {
    const { value } = line.columns;
    const { min, max } = curveStats(value);
    const at = (i: number): string => `${line.format(value[i]!)} at ${formatX(line.x[i]!, model.xAxis)}`;
    const range = min <= max ? ` between ${line.format(min)} and ${line.format(max)}` : '';
    const points = model.partial ? 'an outline' : `${formatCount(value.length)} points`;
    return `${line.label}: ${points}${range}, from ${at(0)} to ${at(value.length - 1)}`;
  });
  return `${model.title}, line chart by ${model.xAxis}. ${about.join('. ')}.`;
}

/**
 * What the chart does not show as it is, one sentence each.
 *
 * @param partial the lines are an outline, whose points say nothing about how many there are
 */
export function notesOn(lines: readonly DrawnLine[], partial: boolean): string[] {
  const smoothed = lines.some((line) => line.smoothed) ? ['The end value is smoothed.'] : [];
  if (partial) return ['Reading all steps…', ...smoothed];
  const sum = (count: (line: DrawnLine) => number) => lines.reduce((total, line) => total + count(line), 0);
  const largest = Math.max(...lines.map((line) => line.largestBucket));
  const notPositive = sum((line) => line.notPositive);
  const notFinite = sum((line) => line.notFinite);
  return [
    largest > 1
      ? `Each point averages up to ${formatCount(largest)} values; the band shows their range.`
      : '',
    ...smoothed,
    notPositive > 0 ? `${countOf(notPositive, 'value')} ≤ 0 not shown on the log axis.` : '',
    notFinite > 0 ? `${countOf(notFinite, 'value')} not finite.` : '',
  ].filter((note) => note !== '');
}
