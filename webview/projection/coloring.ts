import type { PointColumn } from '../../src/protocol/projection';
import type { ColorBytes } from '../ui/colorModel';
import { NUM_CATEGORY_COLORS, type CategoryLegend, type ColoredCategories } from './categoryColors';
import type { Palette } from './palette';

/** What points are colored by: the color class of each, and what the classes mean. */
export interface Coloring {
  /** Index into the colors of the legend; −1 for unknown. */
  classes: Int16Array;
  legend: Legend;
}

export type Legend =
  | { kind: 'plain' }
  | CategoryLegend
  | { kind: 'numbers'; min: number; max: number; log: boolean; numUnknown: number };

/** The class of categories without a color of their own. */
export const OTHERS = NUM_CATEGORY_COLORS;
/** Classes of a column of numbers. */
const NUMBER_CLASSES = 64;
/** A column whose largest value is so many medians is skewed: on a linear scale nearly all points would look alike. */
const SKEWED = 12;

export function plainColoring(numPoints: number): Coloring {
  return { classes: new Int16Array(numPoints), legend: { kind: 'plain' } };
}

/** @param colored categories that the user gave a color; null for the most frequent ones */
export function coloringOf(column: PointColumn, colored: ColoredCategories | null = null): Coloring {
  return column.kind === 'category'
    ? coloringByCategory(column.values, column.labels, column.ordered, colored)
    : coloringByNumber(column.values);
}

/** Clusters have no names. */
export function coloringByCluster(clusters: Int32Array, colored: ColoredCategories | null = null): Coloring {
  const count = clusters.reduce((most, cluster) => Math.max(most, cluster + 1), 0);
  const labels = ['', ...Array.from({ length: count }, (_, cluster) => `cluster ${cluster + 1}`)];
  return coloringByCategory(
    clusters.map((cluster) => cluster + 1),
    labels,
    false,
    colored,
  );
}

/** The most frequent categories or those that the user chose, or all in their order where they have one. */
function coloringByCategory(
  values: Int32Array,
  labels: readonly string[],
  ordered: boolean,
  colored: ColoredCategories | null,
): Coloring {
  const counts = new Int32Array(labels.length);
  for (const value of values) counts[value]! += 1;
  const known = labels.map((_, value) => value).filter((value) => value > 0 && counts[value]! > 0);
  const byCount = ordered ? known : [...known].sort((a, b) => counts[b]! - counts[a]! || a - b);
  const chosen = colored?.map((label) => byCount.find((value) => labels[value] === label) ?? null);
  // Of another table or sample, perhaps none of them is left.
  const own =
    !ordered && chosen?.some((value) => value !== null)
      ? chosen
      : byCount.slice(0, ordered ? undefined : NUM_CATEGORY_COLORS);
  const rest = byCount.filter((value) => !own.includes(value));
  const classOf = new Int16Array(labels.length).fill(-1);
  own.forEach((value, place) => value !== null && (classOf[value] = place));
  for (const value of rest) classOf[value] = OTHERS;
  const entry = (value: number) => ({ label: labels[value]!, count: counts[value]! });
  return {
    classes: Int16Array.from(values, (value) => classOf[value]!),
    legend: {
      kind: 'categories',
      ordered,
      entries: own.flatMap((value, index) => (value === null ? [] : [{ index, ...entry(value) }])),
      others: rest.map(entry),
      numUnknown: counts[0] ?? 0,
    },
  };
}

export function coloringByNumber(values: Float32Array): Coloring {
  const known = values.filter(Number.isFinite).sort();
  const [min, max] = [known[0] ?? 0, known.at(-1) ?? 0];
  const median = known[Math.floor(known.length / 2)] ?? 0;
  const log = min >= 0 && max > 1 && max > SKEWED * median;
  const place = (value: number): number =>
    log ? Math.log1p(value - min) / Math.log1p(max - min) : (value - min) / (max - min);
  return {
    classes: Int16Array.from(values, (value) =>
      Number.isFinite(value) ? Math.round((max > min ? place(value) : 0.5) * (NUMBER_CLASSES - 1)) : -1,
    ),
    legend: { kind: 'numbers', min, max, log, numUnknown: values.length - known.length },
  };
}

/** The color of a class. */
export function classColor(legend: Legend, index: number, palette: Palette): ColorBytes {
  if (index < 0) return palette.muted;
  if (legend.kind === 'plain') return palette.plain;
  const { scale } = palette;
  if (legend.kind === 'numbers') {
    return scale[Math.round((index / (NUMBER_CLASSES - 1)) * (scale.length - 1))]!;
  }
  if (legend.ordered) {
    // The first one stands out most, as decile 1 is that of the most popular.
    const last = Math.max(1, legend.entries.length - 1);
    return scale[Math.round((1 - index / last) * (scale.length - 1))]!;
  }
  return index < palette.categories.length ? palette.categories[index]! : palette.muted;
}

/**
 * Colors of all points.
 *
 * @param raised 1 for points that are to be seen among the others, which are faint then; null for all alike
 */
export function pointColors(
  { classes, legend }: Coloring,
  raised: Uint8Array | null,
  palette: Palette,
): Uint8Array<ArrayBuffer> {
  const count = classes.length;
  const opacity = opacityFor(count);
  const colors = new Uint8Array(4 * count);
  const known = new Map<number, ColorBytes>();
  for (let point = 0; point < count; point++) {
    const index = classes[point]!;
    let color = known.get(index);
    if (!color) known.set(index, (color = classColor(legend, index, palette)));
    const shown = raised === null || raised[point] === 1;
    const from = shown ? color : palette.muted;
    colors[4 * point] = from[0];
    colors[4 * point + 1] = from[1];
    colors[4 * point + 2] = from[2];
    colors[4 * point + 3] = shown ? (index < 0 ? 0.6 : 1) * (raised === null ? opacity : 235) : 0.3 * opacity;
  }
  return colors;
}

/** Of a point: where there are many, they lie on one another. */
function opacityFor(count: number): number {
  return Math.round(255 * Math.max(0.45, Math.min(0.9, 1.3 - 0.16 * Math.log10(Math.max(1, count)))));
}
