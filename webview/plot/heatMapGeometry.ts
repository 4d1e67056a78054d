import type { Range } from '../ui/virtualList';
import { formatWeight } from './formatWeight';
import type { HeatMapCell, HeatMapData, HeatMapScale } from './heatMapModel';

/** Where the cells of a heat map are, in CSS pixels from its first cell. */
export interface HeatMapGeometry {
  rows: number;
  columns: number;
  cellWidth: number;
  cellHeight: number;
}

/** Cells as wide as there is room, within limits; whole pixels, so that all are alike. */
export function cellWidthFor(
  room: number,
  columns: number,
  [least, most]: readonly [number, number],
): number {
  return Math.max(least, Math.min(most, Math.floor(room / Math.max(1, columns))));
}

/** The cell at a point, or null outside. */
export function cellAt(geometry: HeatMapGeometry, x: number, y: number): HeatMapCell | null {
  const column = Math.floor(x / geometry.cellWidth);
  const row = Math.floor(y / geometry.cellHeight);
  const inside = row >= 0 && row < geometry.rows && column >= 0 && column < geometry.columns;
  return inside ? { row, column } : null;
}

/**
 * The outline of what cannot be attended to, as a staircase `x, y, x, y, …` that ends at the window's edges: columns behind
 * the row. Empty where none of it is in sight.
 */
export function causalOutline(geometry: HeatMapGeometry, rows: Range, columns: Range): number[] {
  const { cellWidth, cellHeight } = geometry;
  const right = (columns.last + 1) * cellWidth;
  const steps: number[] = [];
  for (let row = rows.first; row <= rows.last; row++) {
    const left = Math.max(columns.first, row + 1) * cellWidth;
    if (left >= right) break;
    steps.push(left, row * cellHeight, left, (row + 1) * cellHeight);
  }
  if (steps.length === 0) return [];
  return [...steps, right, steps.at(-1)!, right, rows.first * cellHeight];
}

/** The value of a cell; NaN where there is none, as behind a causal row. */
export function valueAt({ columns, values, causal }: HeatMapData, { row, column }: HeatMapCell): number {
  return causal && column > row ? NaN : (values[row * columns + column] ?? NaN);
}

/**
 * The values of a map of fewer cells, row by row: of the cells that fall into one, the value farthest from 0, so that a thin
 * line does not vanish as it would in their mean. NaN where there is none.
 */
export function pooledValues(
  data: HeatMapData,
  { rows, columns }: { rows: number; columns: number },
): Float32Array {
  const pooled = new Float32Array(rows * columns).fill(NaN);
  for (let row = 0; row < data.rows; row++) {
    const line = Math.floor((row * rows) / data.rows) * columns;
    for (let column = 0; column < data.columns; column++) {
      const value = valueAt(data, { row, column });
      const at = line + Math.floor((column * columns) / data.columns);
      const isFarther = !(Math.abs(value) <= Math.abs(pooled[at]!));
      if (Number.isFinite(value) && isFarther) pooled[at] = value;
    }
  }
  return pooled;
}

/**
 * A scale for weights that are drawn together. It ends at the 98th percentile: the first positions have few to attend to,
 * and their large weights would leave the rest in the dark.
 */
export function weightScale(maps: readonly HeatMapData[]): HeatMapScale {
  const values = maps.flatMap(presentValues).sort((a, b) => a - b);
  const largest = values.at(-1) ?? 1;
  const high = values[Math.ceil(values.length * 0.98) - 1] ?? 1;
  const end = high > 0 ? high : largest > 0 ? largest : 1;
  return {
    low: Math.min(0, values[0] ?? 0),
    high: end,
    differences: false,
    clipped: largest > end,
  };
}

/** From 0 to 1, or to the largest value where there are larger ones. */
export function fullScale(maps: readonly HeatMapData[]): HeatMapScale {
  let [low, high] = [0, 1];
  for (const value of maps.flatMap(presentValues)) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return { low, high, differences: false, clipped: false };
}

/** A scale for differences, alike on both sides of 0, which ends at the 98th percentile of their sizes. */
export function differenceScale(maps: readonly HeatMapData[]): HeatMapScale {
  const sizes = maps
    .flatMap(presentValues)
    .map(Math.abs)
    // What stayed the same says nothing about the size of changes.
    .filter((size) => size > 1e-6)
    .sort((a, b) => a - b);
  const largest = sizes.at(-1) ?? 1;
  const high = sizes[Math.ceil(sizes.length * 0.98) - 1] ?? 1;
  const end = high > 0 ? high : largest > 0 ? largest : 1;
  return { low: -end, high: end, differences: true, clipped: largest > end };
}

interface ScaleEnd {
  text: string;
  /** Whether values beyond it have its color. */
  clipped: boolean;
}

/** What is written at the ends of a scale. Only one for differences leaves out values at both. */
export function scaleEnds(scale: HeatMapScale): Record<'low' | 'high', ScaleEnd> {
  const end = (value: string, sign: string, clipped: boolean): ScaleEnd => ({
    text: clipped ? `${sign} ${value}` : value,
    clipped,
  });
  const { differences, clipped } = scale;
  return {
    low: end(formatWeight(scale.low), '≤', clipped && differences),
    high: end(formatWeight(scale.high, differences), '≥', clipped),
  };
}

function presentValues(map: HeatMapData): number[] {
  const found: number[] = [];
  for (let row = 0; row < map.rows; row++) {
    for (let column = 0; column < map.columns; column++) {
      const value = valueAt(map, { row, column });
      if (Number.isFinite(value)) found.push(value);
    }
  }
  return found;
}
