import KDBush from 'kdbush';
import {
  ScreenProjection,
  type PlotSize,
  type PointCoordinates,
  type ScatterCamera,
  type ScreenPoints,
} from './scatterCamera';

/** A pixel of a plot. */
export interface Pixel {
  x: number;
  y: number;
}

/**
 * Finds points by their place on the screen, exactly. In two dimensions a k-d tree of the coordinates serves every camera;
 * in three, and for a choice of points, the points are projected once for each camera and compared one by one, which takes
 * a millisecond for 100,000.
 */
export class ScatterIndex {
  readonly #coordinates: PointCoordinates;
  /** The points that can be found; null for all. */
  readonly #among: Uint32Array | null;
  #tree: KDBush | null = null;
  #screen: { camera: ScatterCamera; size: PlotSize; points: ScreenPoints } | null = null;

  constructor(coordinates: PointCoordinates, among: Uint32Array | null = null) {
    this.#coordinates = coordinates;
    this.#among = among;
  }

  /**
   * The point nearest to a pixel, or −1 when none is within the radius. Of equally near ones, the one in front, then the
   * lower one.
   */
  nearest(camera: ScatterCamera, size: PlotSize, at: Pixel, radius: number): number {
    return this.#coordinates.dimensions === 2 && this.#among === null
      ? this.#nearestInTree(camera, size, at, radius)
      : this.#nearestOnScreen(camera, size, at, radius);
  }

  /** The points within a polygon on the screen (even-odd rule), ascending. */
  within(camera: ScatterCamera, size: PlotSize, polygon: readonly Pixel[]): Uint32Array {
    const { x, y } = this.screenPoints(camera, size);
    const [left, right] = rangeOf(polygon.map((corner) => corner.x));
    const [top, bottom] = rangeOf(polygon.map((corner) => corner.y));
    const found: number[] = [];
    this.#forEach((point) => {
      const [px, py] = [x[point]!, y[point]!];
      if (px >= left && px <= right && py >= top && py <= bottom && isInside(px, py, polygon))
        found.push(point);
    });
    return Uint32Array.from(found).sort();
  }

  /** The nearest point from another one toward a side: within 45 degrees of it. −1 when there is none. */
  toward(
    camera: ScatterCamera,
    size: PlotSize,
    from: number,
    side: 'left' | 'right' | 'up' | 'down',
  ): number {
    const { x, y } = this.screenPoints(camera, size);
    const [startX, startY] = [x[from]!, y[from]!];
    let best = -1;
    let bestDistance = Infinity;
    this.#forEach((point) => {
      if (point === from) return;
      const [px, py] = [x[point]!, y[point]!];
      const [dx, dy] = [px - startX, py - startY];
      const [forward, sideways] = { right: [dx, dy], left: [-dx, dy], down: [dy, dx], up: [-dy, dx] }[
        side
      ] as [number, number];
      const onScreen = px >= 0 && px <= size.width && py >= 0 && py <= size.height;
      if (!onScreen || !(forward > 0) || Math.abs(sideways) > forward) return;
      const distance = dx * dx + dy * dy;
      if (distance < bestDistance) [best, bestDistance] = [point, distance];
    });
    return best;
  }

  /** Where all points are now; NaN for those that are not on the screen's side of the camera. */
  screenPoints(camera: ScatterCamera, size: PlotSize): ScreenPoints {
    const last = this.#screen;
    if (last?.camera === camera && last.size.width === size.width && last.size.height === size.height) {
      return last.points;
    }
    const points = new ScreenProjection(camera, size, this.#coordinates.dimensions).projectAll(
      this.#coordinates,
    );
    this.#screen = { camera, size, points };
    return points;
  }

  #nearestInTree(camera: ScatterCamera, size: PlotSize, at: Pixel, radius: number): number {
    const { values } = this.#coordinates;
    this.#tree ??= treeOf(values);
    const [x, y] = new ScreenProjection(camera, size, 2).unproject(at.x, at.y);
    // A little more, so that rounding loses none; the comparison below is exact.
    const reach = (radius / 2 ** camera.zoom) * (1 + 1e-6);
    let best = -1;
    let bestDistance = (radius / 2 ** camera.zoom) ** 2;
    for (const point of this.#tree.within(x, y, reach)) {
      const distance = (values[2 * point]! - x) ** 2 + (values[2 * point + 1]! - y) ** 2;
      if (distance < bestDistance || (distance === bestDistance && (best < 0 || point < best))) {
        [best, bestDistance] = [point, distance];
      }
    }
    return best;
  }

  #nearestOnScreen(camera: ScatterCamera, size: PlotSize, at: Pixel, radius: number): number {
    const { x, y, depth } = this.screenPoints(camera, size);
    let best = -1;
    let bestDistance = radius * radius;
    this.#forEach((point) => {
      const distance = (x[point]! - at.x) ** 2 + (y[point]! - at.y) ** 2;
      // Also false where there is no place on the screen.
      if (!(distance <= bestDistance)) return;
      const nearer = distance < bestDistance || best < 0 || depth[point]! < depth[best]!;
      if (nearer) [best, bestDistance] = [point, distance];
    });
    return best;
  }

  #forEach(visit: (point: number) => void): void {
    if (this.#among !== null) {
      this.#among.forEach(visit);
      return;
    }
    const count = this.#coordinates.values.length / this.#coordinates.dimensions;
    for (let point = 0; point < count; point++) visit(point);
  }
}

function treeOf(values: Float32Array): KDBush {
  const count = values.length / 2;
  const tree = new KDBush(count, 64, Float32Array);
  // Points without a place are put where nobody looks: the tree cannot sort NaN.
  for (let point = 0; point < count; point++) {
    const [x, y] = [values[2 * point]!, values[2 * point + 1]!];
    tree.add(Number.isFinite(x) ? x : 3e38, Number.isFinite(y) ? y : 3e38);
  }
  return tree.finish();
}

function isInside(x: number, y: number, polygon: readonly Pixel[]): boolean {
  let inside = false;
  for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i++) {
    const [a, b] = [polygon[i]!, polygon[j]!];
    if (a.y > y !== b.y > y && x < ((b.x - a.x) * (y - a.y)) / (b.y - a.y) + a.x) inside = !inside;
  }
  return inside;
}

function rangeOf(values: readonly number[]): [number, number] {
  return [Math.min(...values), Math.max(...values)];
}
