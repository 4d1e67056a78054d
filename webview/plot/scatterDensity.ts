import { contours } from 'd3-contour';
import type { PointCoordinates } from './scatterCamera';

/** Lines of equal density, in the coordinates of the points. */
export interface DensityContour {
  /** Share of the highest density, from 0 to 1. */
  level: number;
  /** Closed lines of x, y, x, y, … */
  lines: Float32Array[];
}

/** Cells along the longer side. */
const GRID = 192;
/** Standard deviation of the kernel in cells. */
const BANDWIDTH = 3.5;
const MARGIN = Math.ceil(3 * BANDWIDTH);
/** Shares of the highest density, closer where there is little: half of a map's points are often in a tenth of its area. */
const LEVELS = [0.02, 0.06, 0.13, 0.24, 0.39, 0.58, 0.8];

/**
 * Where many points are: a Gaussian kernel density on a grid (Silverman, "Density estimation", 1986), and the contours of
 * its levels by marching squares.
 *
 * @param among the points that count; null for all
 */
export function densityContours({ values }: PointCoordinates, among: Uint32Array | null): DensityContour[] {
  const points = among ?? Uint32Array.from({ length: values.length / 2 }, (_, point) => point);
  const [low, high] = [
    [Infinity, Infinity],
    [-Infinity, -Infinity],
  ] as [[number, number], [number, number]];
  for (const point of points) {
    for (const axis of [0, 1] as const) {
      const value = values[2 * point + axis]!;
      if (value < low[axis]) low[axis] = value;
      if (value > high[axis]) high[axis] = value;
    }
  }
  const extent = Math.max(high[0] - low[0], high[1] - low[1]);
  if (!(extent > 0) || !Number.isFinite(extent)) return [];
  const cell = extent / (GRID - 2 * MARGIN);
  // Room at the edges, so that the outermost lines close.
  const [columns, rows] = [0, 1].map((axis) =>
    Math.ceil((high[axis as 0 | 1] - low[axis as 0 | 1]) / cell + 2 * MARGIN),
  ) as [number, number];
  const counts = new Float64Array(columns * rows);
  for (const point of points) {
    const column = Math.floor((values[2 * point]! - low[0]) / cell + MARGIN);
    const row = Math.floor((values[2 * point + 1]! - low[1]) / cell + MARGIN);
    if (column >= 0 && row >= 0 && column < columns && row < rows) counts[row * columns + column]! += 1;
  }
  const density = blurred(blurred(counts, columns, rows, 1, columns), rows, columns, columns, 1);
  const highest = density.reduce((most, value) => Math.max(most, value), 0);
  const lineAt = contours().size([columns, rows]);
  return LEVELS.map((level) => ({
    level,
    lines: lineAt.contour(Array.from(density), level * highest).coordinates.flatMap((polygon) =>
      polygon.map((ring) => {
        const line = new Float32Array(2 * ring.length);
        ring.forEach((corner, place) => {
          line[2 * place] = low[0] + (corner[0]! - MARGIN) * cell;
          line[2 * place + 1] = low[1] + (corner[1]! - MARGIN) * cell;
        });
        return line;
      }),
    ),
  }));
}

/**
 * Blurs a grid along one of its axes.
 *
 * @param length cells along the axis, `step` apart
 * @param others cells along the other axis, `stride` apart
 */
function blurred(
  grid: Float64Array,
  length: number,
  others: number,
  step: number,
  stride: number,
): Float64Array {
  const kernel = Float64Array.from({ length: 2 * MARGIN + 1 }, (_, place) =>
    Math.exp(-((place - MARGIN) ** 2) / (2 * BANDWIDTH ** 2)),
  );
  const result = new Float64Array(grid.length);
  for (let other = 0; other < others; other++) {
    for (let place = 0; place < length; place++) {
      const value = grid[other * stride + place * step]!;
      if (value === 0) continue;
      const from = Math.max(0, place - MARGIN);
      const to = Math.min(length - 1, place + MARGIN);
      for (let target = from; target <= to; target++) {
        result[other * stride + target * step]! += value * kernel[target - place + MARGIN]!;
      }
    }
  }
  return result;
}
