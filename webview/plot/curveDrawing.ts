import { formatWeight } from './formatWeight';
import type { MapColors } from './heatMapColors';
import type { Painter, Stroke } from './painter';

export interface Curve {
  label: string;
  /** At 0, 1, 2, …; NaN leaves a gap. */
  values: ArrayLike<number>;
  /** Which color and dash it has. */
  series: number;
}

export interface CurveChart {
  curves: readonly Curve[];
  /** Ends of the y axis. */
  low: number;
  high: number;
  /** What x counts. */
  xLabel: string;
  /** What is written below the first and last x. */
  ends: readonly [string, string];
  /** The x that is pointed at. */
  focus: number | null;
  /** CSS pixels kept right of the curves for their labels. */
  labelRoom: number;
}

const DASHES: readonly (readonly number[])[] = [[], [7, 3], [2, 3], [9, 3, 2, 3]];
const LINE_HEIGHT = 14;
/** Of the piece of a curve before its name: a whole turn of the longest dash. */
const SWATCH = 16;
const SWATCH_GAP = 5;
const LEFT = 44;
const TOP = 8;
const BOTTOM = 34;

/** Where x values lie, in CSS pixels. */
export function curveX(chart: CurveChart, width: number): (x: number) => number {
  const longest = Math.max(2, ...chart.curves.map(({ values }) => values.length));
  const room = width - LEFT - chart.labelRoom;
  return (x) => LEFT + (room * x) / (longest - 1);
}

/** The whole x that is nearest to a pixel, or null outside. */
export function curveIndexAt(chart: CurveChart, width: number, pixel: number): number | null {
  const longest = Math.max(2, ...chart.curves.map(({ values }) => values.length));
  const at = curveX(chart, width);
  const index = Math.round(((pixel - at(0)) / (at(longest - 1) - at(0))) * (longest - 1));
  return index >= 0 && index < longest ? index : null;
}

/** Lines with thin axes, each named at its end. */
export function drawCurves(
  painter: Painter,
  colors: MapColors,
  chart: CurveChart,
  width: number,
  height: number,
): void {
  const { low, high, curves, focus } = chart;
  const x = curveX(chart, width);
  const bottom = height - BOTTOM;
  const y = (value: number): number => bottom - ((value - low) / (high - low || 1)) * (bottom - TOP);
  const right = width - chart.labelRoom;
  const small = { size: 11, font: 'figures', color: colors.muted } as const;
  for (const value of [low, (low + high) / 2, high]) {
    painter.line([LEFT, y(value), right, y(value)], { color: value === low ? colors.line : colors.hatching });
    painter.text(formatWeight(value), LEFT - 6, y(value), { ...small, align: 'end' });
  }
  painter.text(chart.ends[0], LEFT, bottom + 10, small);
  painter.text(chart.ends[1], right, bottom + 10, { ...small, align: 'end' });
  painter.text(chart.xLabel, (LEFT + right) / 2, bottom + 24, {
    ...small,
    font: 'words',
    align: 'middle',
  });
  const ends: CurveEnd[] = [];
  for (const curve of curves) {
    const { values, series } = curve;
    let points: number[] = [];
    const stroke = strokeOf(series, colors);
    let last = NaN;
    for (let i = 0; i <= values.length; i++) {
      const value = values[i] ?? NaN;
      if (Number.isFinite(value)) {
        points.push(x(i), y(Math.max(low, Math.min(high, value))));
        last = value;
        continue;
      }
      if (points.length > 0) painter.line(points, stroke);
      points = [];
    }
    if (Number.isFinite(last)) ends.push({ y: y(Math.max(low, Math.min(high, last))), curve });
  }
  labelEnds(painter, colors, ends, { x: right + 6, bottom, maxWidth: chart.labelRoom - 8 });
  if (focus !== null) painter.line([x(focus), TOP, x(focus), bottom], { color: colors.focus });
}

/** Neighbors differ in dash as well as in color. */
function strokeOf(series: number, colors: MapColors): Stroke {
  return {
    color: colors.series[series % colors.series.length]!,
    width: 1.75,
    dash: DASHES[series % DASHES.length]!,
  };
}

interface CurveEnd {
  y: number;
  curve: Curve;
}

/** The curves' names beside their ends, each after a piece of its curve, moved apart where they would overlap. */
function labelEnds(
  painter: Painter,
  colors: MapColors,
  ends: readonly CurveEnd[],
  { x, bottom, maxWidth }: { x: number; bottom: number; maxWidth: number },
): void {
  const sorted = [...ends].sort((a, b) => a.y - b.y);
  const places = sorted.map(({ y }) => y);
  for (let i = 1; i < places.length; i++) places[i] = Math.max(places[i]!, places[i - 1]! + LINE_HEIGHT);
  for (let i = places.length - 1, limit = bottom; i >= 0; i--, limit = places[i + 1]! - LINE_HEIGHT) {
    places[i] = Math.min(places[i]!, limit);
  }
  sorted.forEach(({ curve }, i) => {
    const y = places[i]!;
    painter.line([x, y, x + SWATCH, y], strokeOf(curve.series, colors));
    // Colors of series stand out as lines, but not all of them as text.
    painter.text(curve.label, x + SWATCH + SWATCH_GAP, y, {
      size: 11,
      font: 'words',
      color: colors.foreground,
      maxWidth: maxWidth - SWATCH - SWATCH_GAP,
    });
  });
}
