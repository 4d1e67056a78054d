/*
 * Where one looks at points from, and where they are on the screen then. The arithmetic is that of deck.gl's orthographic
 * and orbit views (a test compares them), so that picking, labels and files agree with what it draws, and work without it.
 */

/** How points are looked at. Kept in bookmarks, so plain data. */
export interface ScatterCamera {
  /** Where the middle of the picture is, in the points' coordinates. The last is unused in two dimensions. */
  target: readonly [number, number, number];
  /** Base-2 logarithm of how many pixels a unit takes, at the target. */
  zoom: number;
  /** Degrees around the third axis; 0 in two dimensions. */
  orbit: number;
  /** Degrees by which the third axis leans; 0 in two dimensions. */
  tilt: number;
}

/** CSS pixels. */
export interface PlotSize {
  width: number;
  height: number;
}

/** Points `[count, dimensions]`, row by row. */
export interface PointCoordinates {
  values: Float32Array;
  dimensions: 2 | 3;
}

/** Where points are on the screen. */
export interface ScreenPoints {
  x: Float64Array;
  y: Float64Array;
  /** Distance behind the target, in the camera's measure; NaN for what is behind the camera. */
  depth: Float64Array;
}

/** Vertical field of view in degrees. */
const FIELD_OF_VIEW = 50;
/** Of the camera from the target, in heights of the picture. */
const FOCAL_DISTANCE = 0.5 / Math.tan((FIELD_OF_VIEW / 2) * (Math.PI / 180));
/** Nearer to the camera than this, in heights, nothing is drawn. */
const NEAR = 0.1;
/** Of a picture that shows all points, in CSS pixels: wide enough for the points, and for part of their labels. */
const MIN_MARGIN = 12;
const MAX_MARGIN = 40;
/** Points that tell where most of them are; more tell the same. */
const MAX_SAMPLE = 20_000;
const MAX_TILT = 90;
const DEGREE = Math.PI / 180;

/** Turns coordinates into pixels for one camera; the pixel of the upper left corner is 0, 0. */
export class ScreenProjection {
  readonly #camera: ScatterCamera;
  readonly #size: PlotSize;
  readonly #flat: boolean;
  readonly #scale: number;
  readonly #right: readonly [number, number, number];
  readonly #up: readonly [number, number, number];
  readonly #away: readonly [number, number, number];
  /** Of the point that was projected last. */
  x = 0;
  y = 0;
  depth = 0;

  constructor(camera: ScatterCamera, size: PlotSize, dimensions: 2 | 3) {
    this.#camera = camera;
    this.#size = size;
    this.#flat = dimensions === 2;
    this.#scale = 2 ** camera.zoom;
    const { right, up, away } = axesOf(camera);
    this.#right = right;
    this.#up = up;
    this.#away = away;
  }

  /** Sets `x`, `y` and `depth`. False when the point is behind the camera or has no place. */
  project(x: number, y: number, z: number): boolean {
    const { target } = this.#camera;
    const { width, height } = this.#size;
    const [dx, dy] = [x - target[0], y - target[1]];
    if (this.#flat) {
      this.x = width / 2 + dx * this.#scale;
      this.y = height / 2 - dy * this.#scale;
      this.depth = 0;
      return this.x === this.x && this.y === this.y;
    }
    const dz = z - target[2];
    const [right, up, away] = [this.#right, this.#up, this.#away];
    const depth = ((dx * away[0] + dy * away[1] + dz * away[2]) * this.#scale) / height;
    const distance = FOCAL_DISTANCE + depth;
    const scale = (this.#scale * FOCAL_DISTANCE) / distance;
    this.x = width / 2 + (dx * right[0] + dy * right[1] + dz * right[2]) * scale;
    this.y = height / 2 - (dx * up[0] + dy * up[1] + dz * up[2]) * scale;
    this.depth = depth;
    return distance > NEAR && this.x === this.x && this.y === this.y;
  }

  /** The same for a point of a table. */
  projectPoint({ values, dimensions }: PointCoordinates, point: number): boolean {
    const at = point * dimensions;
    return this.project(values[at]!, values[at + 1]!, dimensions === 3 ? values[at + 2]! : 0);
  }

  projectAll(coordinates: PointCoordinates): ScreenPoints {
    const count = coordinates.values.length / coordinates.dimensions;
    const screen = {
      x: new Float64Array(count),
      y: new Float64Array(count),
      depth: new Float64Array(count),
    };
    for (let point = 0; point < count; point++) {
      const visible = this.projectPoint(coordinates, point);
      screen.x[point] = visible ? this.x : NaN;
      screen.y[point] = visible ? this.y : NaN;
      screen.depth[point] = visible ? this.depth : NaN;
    }
    return screen;
  }

  /** The coordinates of a pixel; in three dimensions, in the plane of the target that faces the camera. */
  unproject(x: number, y: number): [number, number, number] {
    const { target } = this.#camera;
    const across = (x - this.#size.width / 2) / this.#scale;
    const upwards = (this.#size.height / 2 - y) / this.#scale;
    const [right, up] = [this.#right, this.#up];
    if (this.#flat) return [target[0] + across, target[1] + upwards, 0];
    return [0, 1, 2].map((axis) => target[axis]! + across * right[axis]! + upwards * up[axis]!) as [
      number,
      number,
      number,
    ];
  }
}

/** The least box around points, by axis; points without a place do not count. */
export function extentsOf({ values, dimensions }: PointCoordinates): { low: number[]; high: number[] } {
  const low = [Infinity, Infinity, Infinity];
  const high = [-Infinity, -Infinity, -Infinity];
  for (let at = 0; at + dimensions <= values.length; at += dimensions) {
    for (let axis = 0; axis < dimensions; axis++) {
      const value = values[at + axis]!;
      if (value < low[axis]!) low[axis] = value;
      if (value > high[axis]!) high[axis] = value;
    }
  }
  return { low, high };
}

/**
 * A camera that has all points in the picture, a little away from its edges. In three dimensions it can be turned, and a few
 * outliers may be out of sight: one of them would make the rest a third as large.
 */
export function fitCamera(coordinates: PointCoordinates, size: PlotSize): ScatterCamera {
  const margin = Math.max(MIN_MARGIN, Math.min(MAX_MARGIN, Math.min(size.width, size.height) / 16));
  const inner = {
    width: Math.max(16, size.width - 2 * margin),
    height: Math.max(16, size.height - 2 * margin),
  };
  if (coordinates.dimensions === 2) {
    const { low, high } = extentsOf(coordinates);
    const scale = Math.min(inner.width / extent(low[0]!, high[0]!), inner.height / extent(low[1]!, high[1]!));
    const target = [middle(low[0]!, high[0]!), middle(low[1]!, high[1]!), 0] as const;
    return { target, zoom: Math.log2(scale), orbit: 0, tilt: 0 };
  }
  const { center, radius } = ballAround(coordinates);
  // A ball of radius r, in heights of the picture, looks as large as F·r/√(F² − r²) from the distance F.
  const room = Math.min(inner.width, inner.height) / 2 / size.height;
  const fitting = (room * FOCAL_DISTANCE) / Math.hypot(FOCAL_DISTANCE, room);
  return { target: center, zoom: Math.log2((fitting * size.height) / radius), orbit: -30, tilt: 25 };
}

function middle(low: number, high: number): number {
  return Number.isFinite(low) && Number.isFinite(high) ? (low + high) / 2 : 0;
}

function extent(low: number, high: number): number {
  const length = high - low;
  return Number.isFinite(length) && length > 0 ? length : 1e-6;
}

/** A ball that holds all but a hundredth of the points, and of a hundred or fewer every one. */
function ballAround({ values }: PointCoordinates): { center: [number, number, number]; radius: number } {
  const count = Math.floor(values.length / 3);
  const stride = Math.ceil(count / MAX_SAMPLE);
  const axes: [number[], number[], number[]] = [[], [], []];
  for (let at = 0; at < 3 * count; at += 3 * stride) {
    if (Number.isNaN(values[at]! + values[at + 1]! + values[at + 2]!)) continue;
    axes.forEach((axis, place) => axis.push(values[at + place]!));
  }
  const [x, y, z] = axes.map((axis) => {
    const sorted = Float64Array.from(axis).sort();
    return middle(atShare(sorted, Math.floor, 0.01), atShare(sorted, Math.ceil, 0.99));
  }) as [number, number, number];
  const away = Float64Array.from(axes[0], (value, place) =>
    Math.hypot(value - x, axes[1][place]! - y, axes[2][place]! - z),
  ).sort();
  return { center: [x, y, z], radius: Math.max(1e-6, atShare(away, Math.ceil, 0.99) || 0) };
}

/** The value that has so great a share of sorted ones before it; NaN when there are none. */
function atShare(sorted: Float64Array, round: (place: number) => number, share: number): number {
  return sorted[round(share * (sorted.length - 1))] ?? NaN;
}

/** After the picture was moved by some pixels. */
export function panned(camera: ScatterCamera, dx: number, dy: number): ScatterCamera {
  const scale = 2 ** camera.zoom;
  const { right, up } = axesOf(camera);
  const flat = camera.orbit === 0 && camera.tilt === 0;
  const moved = [0, 1, 2].map((axis) =>
    flat
      ? camera.target[axis]! + (axis === 0 ? -dx : axis === 1 ? dy : 0) / scale
      : camera.target[axis]! - (dx / scale) * right[axis]! + (dy / scale) * up[axis]!,
  );
  return { ...camera, target: moved as [number, number, number] };
}

/** After the picture was enlarged by powers of two; what is at a pixel stays there. */
export function zoomed(
  camera: ScatterCamera,
  by: number,
  size: PlotSize,
  at = { x: size.width / 2, y: size.height / 2 },
): ScatterCamera {
  const share = 1 - 2 ** -by;
  const shifted = panned(camera, (size.width / 2 - at.x) * share, (size.height / 2 - at.y) * share);
  return { ...shifted, zoom: camera.zoom + by };
}

/** After it was turned; never upside down. */
export function turned(camera: ScatterCamera, orbit: number, tilt: number): ScatterCamera {
  return {
    ...camera,
    orbit: (((camera.orbit + orbit) % 360) + 360) % 360,
    tilt: Math.max(-MAX_TILT, Math.min(MAX_TILT, camera.tilt + tilt)),
  };
}

/** What is to the right, up, and away from the one who looks. */
function axesOf({ orbit, tilt }: ScatterCamera): Record<'right' | 'up' | 'away', [number, number, number]> {
  const [sinOrbit, cosOrbit] = [Math.sin(orbit * DEGREE), Math.cos(orbit * DEGREE)];
  const [sinTilt, cosTilt] = [Math.sin(tilt * DEGREE), Math.cos(tilt * DEGREE)];
  return {
    right: [cosOrbit, -sinOrbit, 0],
    up: [sinTilt * sinOrbit, sinTilt * cosOrbit, cosTilt],
    away: [cosTilt * sinOrbit, cosTilt * cosOrbit, -sinTilt],
  };
}
