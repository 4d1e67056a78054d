import uPlot from 'uplot';
import type { ChartLine } from './chartModel';

/** Steps between ticks of training time, in seconds. */
export const TIME_INCREMENTS = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21600, 43200, 86400,
];

/** Steps between ticks of what is counted. */
export const WHOLE_INCREMENTS = Array.from({ length: 9 }, (_, power) =>
  [1, 2, 5].map((digit) => digit * 10 ** power),
).flat();

/** The range of a y axis from the smallest and largest value that is drawn on it. */
export function rangeOf(
  lines: readonly ChartLine[],
  side: ChartLine['side'],
  log: boolean,
): uPlot.Range.Function {
  const fromZero = lines.some((line) => line.side === side && line.fromZero);
  return (_plot, min, max) => {
    // uPlot asks before it has data too.
    if ((min as number | null) === null || (max as number | null) === null) return log ? [0.1, 1] : [0, 1];
    if (log) return uPlot.rangeLog(min, max, 10, false);
    if (fromZero && min >= 0) return [0, max > 0 ? max * 1.15 : 1];
    return uPlot.rangeNum(min, max, 0.1, true);
  };
}
