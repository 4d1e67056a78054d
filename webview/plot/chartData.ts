import uPlot from 'uplot';
import { keepPositive, type YAxis } from '../../src/series/axes';
import { bucketMinMax, type Buckets } from '../../src/series/buckets';
import { smooth } from '../../src/series/smooth';
import type { ChartLine, Zoom } from './chartModel';

/** A line as it is drawn: at most one bucket per pixel. */
export interface DrawnLine {
  buckets: Buckets;
  /** The moving average at the end of each bucket; null when the line is not smoothed. */
  smoothed: Float64Array | null;
  /** Points of the largest bucket. */
  largestBucket: number;
  /** Values in the whole line that a log axis cannot show. */
  notPositive: number;
  /** Values in the whole line that are no numbers, such as the loss of a model that diverged. */
  notFinite: number;
}

/** Columns that uPlot gets of each line, in this order: the band's edges, the values, the moving average. */
export const COLUMNS_PER_LINE = 4;

/** Cuts the part of a line that is in sight into buckets. The average is taken before, over every value. */
export function drawLine(line: ChartLine, yAxis: YAxis, { from, to }: Zoom, maxBuckets: number): DrawnLine {
  const { value } = line.columns;
  const onAxis = (values: Float64Array) => (yAxis === 'log' ? keepPositive(values) : { values, dropped: 0 });
  const { values, dropped } = onAxis(value);
  const buckets = bucketMinMax(line.x, values, from, to, Math.max(2, maxBuckets));
  const average = line.smoothing > 0 ? onAxis(smooth(value, line.smoothing)).values : null;
  return {
    buckets,
    smoothed: average && Float64Array.from(buckets.last, (index) => average[index]!),
    largestBucket: Math.max(0, ...buckets.count),
    notPositive: dropped,
    notFinite: value.reduce((count, v) => count + (Number.isFinite(v) ? 0 : 1), 0),
  };
}

/** The columns for uPlot, on one common x. */
export function alignLines(lines: readonly DrawnLine[]): uPlot.AlignedData {
  const tables = lines.map(({ buckets, smoothed, largestBucket }): uPlot.AlignedData => {
    const bucketed = largestBucket > 1;
    const nothing = new Array<null>(buckets.x.length).fill(null);
    return [
      buckets.x,
      bucketed ? withGaps(buckets.min) : nothing,
      bucketed ? withGaps(buckets.max) : nothing,
      withGaps(buckets.mean),
      smoothed ? withGaps(smoothed) : nothing,
    ];
  });
  return tables.length === 1 ? tables[0]! : uPlot.join(tables);
}

/** The whole of the x axis. */
export function fullRange(lines: readonly ChartLine[]): Zoom {
  const from = Math.min(...lines.map(({ x }) => x[0] ?? Infinity));
  const to = Math.max(...lines.map(({ x }) => x.at(-1) ?? -Infinity));
  return from < to ? { from, to } : { from: from - 0.5, to: from + 0.5 };
}

/** uPlot takes null, not NaN, for a value that is not there. */
function withGaps(values: Float64Array): (number | null)[] {
  return Array.from(values, (value) => (Number.isFinite(value) ? value : null));
}
