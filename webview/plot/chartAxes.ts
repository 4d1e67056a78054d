import uPlot from 'uplot';
import type { XAxis } from '../../src/series/axes';
import type { ChartLine } from './chartModel';

/** Distances between ticks of training time, in seconds. */
const TIME_INCREMENTS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21600, 43200, 86400];

/** Distances between ticks of what is counted. */
const WHOLE_INCREMENTS = incrementsFrom(0);
const FRACTIONAL_INCREMENTS = incrementsFrom(-6);

/** Distances between the ticks of the x axis for the part of it that is in sight. */
export function xIncrements(axis: XAxis, from: number, to: number): number[] {
  if (axis === 'time') return TIME_INCREMENTS;
  // Steps have no parts. Parts of an epoch are of interest only where there is no room for two whole ones.
  return axis === 'epoch' && to - from < 2 ? FRACTIONAL_INCREMENTS : WHOLE_INCREMENTS;
}

/** 1, 2 and 5 of each power of ten from `lowest` on. */
function incrementsFrom(lowest: number): number[] {
  const powers = Array.from({ length: 9 - lowest }, (_, i) => lowest + i);
  return powers.flatMap((power) => [1, 2, 5].map((digit) => Number(`${digit}e${power}`)));
}

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
