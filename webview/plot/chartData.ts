import uPlot from 'uplot';
import type { YAxis } from '../../src/series/axes';
import { bucketMinMax, type Buckets } from '../../src/series/buckets';
import { curveStats } from '../../src/series/curveStats';
import { smoothAt } from '../../src/series/smooth';
import type { ChartLine, Zoom } from './chartModel';

/** A line as it is drawn: at most one bucket per pixel. */
export interface DrawnLine {
  /** The same object as long as the same part of the same curve is drawn in the same width. */
  buckets: Buckets;
  /** The moving average at the end of each bucket; null when the line is not smoothed. */
  smoothed: Float64Array | null;
  /** Points of the largest bucket. */
  largestBucket: number;
  /** Values in the whole line that a log axis cannot show; 0 on another axis. */
  notPositive: number;
  /** Values in the whole line that are no numbers, such as the loss of a model that diverged. */
  notFinite: number;
}

/** Columns that uPlot gets of each line, in this order: the band's edges, the values, the moving average. */
export const COLUMNS_PER_LINE = 4;

/** How the newest buckets of a curve were cut. */
interface Cut {
  x: Float64Array;
  yAxis: YAxis;
  from: number;
  to: number;
  maxBuckets: number;
  buckets: Buckets;
}

/** Of each curve's values, which are another array whenever there is a new one. */
const cuts = new WeakMap<Float64Array, Cut>();

/**
 * Cuts the part of a line that is in sight into buckets. The average is taken before, over every value: another weight costs
 * one pass over the curve, and no new buckets.
 */
export function drawLine(line: ChartLine, yAxis: YAxis, zoom: Zoom, maxBuckets: number): DrawnLine {
  const { value } = line.columns;
  const { notPositive, notFinite } = curveStats(value);
  const buckets = bucketsOf(line, yAxis, zoom, Math.max(2, maxBuckets));
  const smoothed = line.smoothing > 0 ? smoothAt(value, line.smoothing, buckets.last) : null;
  if (smoothed && yAxis === 'log') {
    for (let i = 0; i < smoothed.length; i++) if (smoothed[i]! <= 0) smoothed[i] = NaN;
  }
  let largestBucket = 0;
  for (const count of buckets.count) largestBucket = Math.max(largestBucket, count);
  return { buckets, smoothed, largestBucket, notPositive: yAxis === 'log' ? notPositive : 0, notFinite };
}

function bucketsOf({ x, columns }: ChartLine, yAxis: YAxis, { from, to }: Zoom, maxBuckets: number): Buckets {
  const { value } = columns;
  const last = cuts.get(value);
  const isSame =
    last?.x === x &&
    last.yAxis === yAxis &&
    last.from === from &&
    last.to === to &&
    last.maxBuckets === maxBuckets;
  if (isSame) return last.buckets;
  const buckets = bucketMinMax(x, value, from, to, maxBuckets, yAxis === 'log');
  cuts.set(value, { x, yAxis, from, to, maxBuckets, buckets });
  return buckets;
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
