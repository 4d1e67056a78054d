import { OrbitView, OrthographicView } from '@deck.gl/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RandomStream } from '../../../src/compute/random';
import {
  fitCamera,
  panned,
  ScreenProjection,
  turned,
  zoomed,
  type PointCoordinates,
  type ScatterCamera,
} from '../../../webview/plot/scatterCamera';
import { densityContours } from '../../../webview/plot/scatterDensity';
import { ScatterIndex, type Pixel } from '../../../webview/plot/scatterIndex';
import { placeLabels } from '../../../webview/plot/scatterLabels';
import type { ScatterModel } from '../../../webview/plot/scatterModel';
import { MARK_SIZES, markRadii } from '../../../webview/plot/scatterMarks';

const size = { width: 1000, height: 700 };

function randomPoints(count: number, dimensions: 2 | 3, seed: number): PointCoordinates {
  const random = new RandomStream(seed, 1);
  const values = Float32Array.from({ length: count * dimensions }, () => 3 * random.nextNormal());
  return { values, dimensions };
}

/** Projects with deck.gl, which draws the points. */
function deckProjection(camera: ScatterCamera, dimensions: 2 | 3): (point: number[]) => number[] {
  const { target, zoom, orbit, tilt } = camera;
  const viewport =
    dimensions === 2
      ? new OrthographicView({ flipY: false }).makeViewport({
          ...size,
          viewState: { target: [target[0], target[1], 0], zoom },
        })
      : new OrbitView({ orbitAxis: 'Z' }).makeViewport({
          ...size,
          viewState: { target: [...target], zoom, rotationOrbit: orbit, rotationX: tilt },
        });
  return (point) => viewport!.project(point);
}

const cameras = fc.record({
  target: fc.tuple(
    fc.double({ min: -5, max: 5 }),
    fc.double({ min: -5, max: 5 }),
    fc.double({ min: -5, max: 5 }),
  ),
  zoom: fc.double({ min: 2, max: 7 }),
  orbit: fc.double({ min: 0, max: 360 }),
  tilt: fc.double({ min: -90, max: 90 }),
}) as fc.Arbitrary<ScatterCamera>;
const positions = fc.tuple(
  fc.double({ min: -4, max: 4 }),
  fc.double({ min: -4, max: 4 }),
  fc.double({ min: -4, max: 4 }),
);

describe('the camera', () => {
  test.each([2, 3] as const)('in %i dimensions, points are where deck.gl draws them', (dimensions) => {
    fc.assert(
      fc.property(cameras, positions, (given, [x, y, z]) => {
        fc.pre([...given.target, given.zoom, given.orbit, given.tilt, x, y, z].every(Number.isFinite));
        const camera = dimensions === 2 ? { ...given, orbit: 0, tilt: 0 } : given;
        const projection = new ScreenProjection(camera, size, dimensions);
        fc.pre(projection.project(x, y, z));
        // Near the camera, pixels are many for a little rounding.
        fc.pre(dimensions === 2 || projection.depth > -0.6);
        const [px, py] = deckProjection(camera, dimensions)(dimensions === 2 ? [x, y] : [x, y, z]);
        expect(projection.x).toBeCloseTo(px!, 2);
        expect(projection.y).toBeCloseTo(py!, 2);
      }),
    );
  });

  test('a pixel is found again by its coordinates', () => {
    fc.assert(
      fc.property(
        cameras,
        fc.nat(1000),
        fc.nat(700),
        fc.constantFrom(2 as const, 3 as const),
        (given, x, y, dimensions) => {
          fc.pre([...given.target, given.zoom, given.orbit, given.tilt].every(Number.isFinite));
          const camera = dimensions === 2 ? { ...given, orbit: 0, tilt: 0 } : given;
          const projection = new ScreenProjection(camera, size, dimensions);
          projection.project(...projection.unproject(x, y));
          expect(projection.x).toBeCloseTo(x, 5);
          expect(projection.y).toBeCloseTo(y, 5);
        },
      ),
    );
  });

  test('what is at a pixel stays there when the picture is enlarged, and moves with it when it is moved', () => {
    const camera = fitCamera(randomPoints(100, 2, 1), size);
    const at = { x: 200, y: 550 };
    const point = new ScreenProjection(camera, size, 2).unproject(at.x, at.y);
    const larger = new ScreenProjection(zoomed(camera, 1.5, size, at), size, 2);
    larger.project(...point);
    expect([larger.x, larger.y]).toEqual([expect.closeTo(200, 6), expect.closeTo(550, 6)]);
    const moved = new ScreenProjection(panned(camera, 30, -20), size, 2);
    moved.project(...point);
    expect([moved.x, moved.y]).toEqual([expect.closeTo(230, 6), expect.closeTo(530, 6)]);
  });

  test('the first look has all points in sight, however it is turned', () => {
    for (const dimensions of [2, 3] as const) {
      // Of more points in three dimensions, one in a hundred may be outside.
      const points = randomPoints(dimensions === 2 ? 500 : 100, dimensions, 5);
      let camera = fitCamera(points, size);
      for (let turn = 0; turn < (dimensions === 2 ? 1 : 8); turn++, camera = turned(camera, 45, 10)) {
        const { x, y } = new ScreenProjection(camera, size, dimensions).projectAll(points);
        expect(Math.min(...x)).toBeGreaterThan(0);
        expect(Math.max(...x)).toBeLessThan(size.width);
        expect(Math.min(...y)).toBeGreaterThan(0);
        expect(Math.max(...y)).toBeLessThan(size.height);
      }
    }
  });

  test('an outlier in three dimensions makes the others neither smaller nor eccentric', () => {
    const points = randomPoints(500, 3, 5);
    const { target, zoom } = fitCamera(points, size);
    points.values.set([60, 60, 60], 0);
    const camera = fitCamera(points, size);
    expect(camera.zoom).toBeCloseTo(zoom, 1);
    camera.target.forEach((value, axis) => expect(value).toBeCloseTo(target[axis]!, 0));
    const { x, y } = new ScreenProjection(zoomed(camera, -4, size), size, 3).projectAll(points);
    expect(x[0]! > 0 && x[0]! < size.width && y[0]! > 0 && y[0]! < size.height).toBe(true);
  });

  test('one point, and none, have a camera too', () => {
    for (const values of [[], [2, 3]]) {
      const camera = fitCamera({ values: Float32Array.from(values), dimensions: 2 }, size);
      expect([...camera.target, camera.zoom].every(Number.isFinite)).toBe(true);
    }
    for (const values of [[], [2, 3, 4], [NaN, NaN, NaN]]) {
      const camera = fitCamera({ values: Float32Array.from(values), dimensions: 3 }, size);
      expect([...camera.target, camera.zoom].every(Number.isFinite)).toBe(true);
    }
  });
});

/** All points compared with a pixel, in the arithmetic of the definition. */
function nearestByBruteForce(
  points: PointCoordinates,
  camera: ScatterCamera,
  at: Pixel,
  radius: number,
): number {
  const projection = new ScreenProjection(camera, size, points.dimensions);
  let best = -1;
  let bestDistance = radius;
  for (let point = 0; point < points.values.length / points.dimensions; point++) {
    if (!projection.projectPoint(points, point)) continue;
    const distance = Math.hypot(projection.x - at.x, projection.y - at.y);
    if (distance < bestDistance) [best, bestDistance] = [point, distance];
  }
  return best;
}

describe('picking', () => {
  test.each([2, 3] as const)(
    'in %i dimensions, of 100,000 points the one that brute force finds',
    (dimensions) => {
      const points = randomPoints(100_000, dimensions, 11);
      const index = new ScatterIndex(points);
      const random = new RandomStream(2, 2);
      const fitted = fitCamera(points, size);
      let found = 0;
      for (const camera of [fitted, zoomed(fitted, 3, size), zoomed(fitted, -2, size, { x: 10, y: 600 })]) {
        for (let query = 0; query < 20; query++) {
          const at = { x: size.width * random.nextFloat(), y: size.height * random.nextFloat() };
          const picked = index.nearest(camera, size, at, 12);
          expect(picked).toBe(nearestByBruteForce(points, camera, at, 12));
          if (picked >= 0) found++;
        }
      }
      // Else the test compares nothing with nothing.
      expect(found).toBeGreaterThan(15);
    },
  );

  test('of some points only, and never of those without a place', () => {
    const points: PointCoordinates = { values: Float32Array.from([0, 0, NaN, NaN, 0.1, 0]), dimensions: 2 };
    const camera = { target: [0, 0, 0], zoom: 5, orbit: 0, tilt: 0 } as const;
    const middle = { x: 500, y: 350 };
    expect(new ScatterIndex(points).nearest(camera, size, middle, 12)).toBe(0);
    expect(new ScatterIndex(points, Uint32Array.of(1, 2)).nearest(camera, size, middle, 12)).toBe(2);
    expect(new ScatterIndex(points, Uint32Array.of(1)).nearest(camera, size, middle, 12)).toBe(-1);
  });

  test('of points in one place, the one in front', () => {
    const points: PointCoordinates = { values: Float32Array.from([0, 2, 0, 0, -2, 0]), dimensions: 3 };
    const camera = { target: [0, 0, 0], zoom: 4, orbit: 0, tilt: 0 } as const;
    expect(new ScatterIndex(points).nearest(camera, size, { x: 500, y: 350 }, 12)).toBe(1);
  });

  test('a lasso takes the points inside the polygon and no others', () => {
    const points = randomPoints(5_000, 2, 4);
    const camera = fitCamera(points, size);
    // A square with a bite out of its right side.
    const polygon = [
      { x: 300, y: 200 },
      { x: 700, y: 200 },
      { x: 500, y: 350 },
      { x: 700, y: 500 },
      { x: 300, y: 500 },
    ];
    const selected = new Set(new ScatterIndex(points).within(camera, size, polygon));
    const { x, y } = new ScreenProjection(camera, size, 2).projectAll(points);
    for (let point = 0; point < 5_000; point++) {
      const inSquare = x[point]! >= 300 && y[point]! >= 200 && y[point]! <= 500;
      const edge = 700 - (200 / 150) * (150 - Math.abs(y[point]! - 350));
      expect(selected.has(point)).toBe(inSquare && x[point]! < edge);
    }
    expect(selected.size).toBeGreaterThan(200);
  });

  test('the next point to a side', () => {
    const points: PointCoordinates = {
      values: Float32Array.from([0, 0, 1, 0.2, 2, 0, 0, 1, -1, 0]),
      dimensions: 2,
    };
    const camera = { target: [0, 0, 0], zoom: 6, orbit: 0, tilt: 0 } as const;
    const index = new ScatterIndex(points);
    const sides = (['right', 'left', 'up', 'down'] as const).map((side) =>
      index.toward(camera, size, 0, side),
    );
    expect(sides).toEqual([1, 4, 3, -1]);
  });
});

test('labels do not overlap, stay in the picture, and the important ones come first', () => {
  const points = randomPoints(3_000, 2, 9);
  const labels = placeLabels({
    coordinates: points,
    texts: Array.from({ length: 3_000 }, (_, point) => `Title of point ${point}`),
    first: [17, 4],
    order: Uint32Array.from({ length: 3_000 }, (_, point) => point),
    camera: fitCamera(points, size),
    size,
    measure: (text) => 6 * text.length,
    radius: 3,
    marks: new Map(),
  });
  expect(labels.length).toBeGreaterThan(10);
  expect(labels.slice(0, 2).map(({ point }) => point)).toEqual([17, 4]);
  labels.forEach((a, i) => {
    const right = a.x + 6 * a.text.length;
    expect(a.x >= 0 && right <= size.width && a.y - 8 >= 0 && a.y + 8 <= size.height).toBe(true);
    for (const b of labels.slice(i + 1)) {
      const apart = right <= b.x || b.x + 6 * b.text.length <= a.x || Math.abs(a.y - b.y) >= 16;
      expect(apart).toBe(true);
    }
  });
});

test('labels stand as near to a point on its left as on its right, and away from marks', () => {
  // On one line: a second and a third near each other, and one at the right edge.
  const coordinates: PointCoordinates = { values: Float32Array.of(0, 0, 0.5, 0, 4.5, 0), dimensions: 2 };
  const camera = { target: [0, 0, 0], zoom: Math.log2(100), orbit: 0, tilt: 0 } as const;
  const options = {
    coordinates,
    texts: ['first', 'second', 'at the edge'],
    first: [0],
    order: [1, 2],
    camera,
    size,
    measure: (_text: string, important: boolean) => (important ? 70 : 60),
    radius: 5,
  };
  const placed = (marks: Map<number, number>) =>
    placeLabels({ ...options, marks }).map(({ point, x }) => [point, Math.round(x)]);
  expect(placed(new Map())).toEqual([
    [0, 500 + 5 + 4],
    [2, 950 - 5 - 4 - 60],
  ]);
  // A star is where the label of the first was; its own label begins beside it.
  expect(placed(new Map([[1, 10]]))).toEqual([
    [0, 500 - 5 - 4 - 70],
    [1, 550 + 10 + 4],
    [2, 950 - 5 - 4 - 60],
  ]);
});

test('the largest mark of each point, and none of the point under the pointer', () => {
  const model = { path: [1, 2, 3], starred: [4, 2], marked: [1, 5], focus: 5, hovered: 6 };
  expect(markRadii(model as unknown as ScatterModel, 3)).toEqual(
    new Map([
      [1, 3 + MARK_SIZES.ring],
      [2, 3 + MARK_SIZES.star],
      [3, 3 + MARK_SIZES.newest],
      [4, 3 + MARK_SIZES.star],
      [5, 3 + MARK_SIZES.focus],
    ]),
  );
});

test('density contours lie around the points, the higher the level the closer', () => {
  const values = new Float32Array(2 * 2_000);
  const random = new RandomStream(3, 3);
  // Two heaps, ten apart.
  for (let point = 0; point < 2_000; point++) {
    values[2 * point] = (point % 2) * 10 + 0.5 * random.nextNormal();
    values[2 * point + 1] = 0.5 * random.nextNormal();
  }
  const contours = densityContours({ values, dimensions: 2 }, null);
  const highest = contours.at(-1)!;
  expect(highest.lines).toHaveLength(2);
  for (const line of highest.lines) {
    for (let at = 0; at < line.length; at += 2) {
      const away = Math.min(Math.hypot(line[at]!, line[at + 1]!), Math.hypot(line[at]! - 10, line[at + 1]!));
      expect(away).toBeLessThan(1);
    }
  }
  const extent = (lines: Float32Array[]) => Math.max(...lines.flatMap((line) => [...line]));
  expect(extent(contours[0]!.lines)).toBeGreaterThan(extent(highest.lines));
  expect(densityContours({ values: new Float32Array(4), dimensions: 2 }, null)).toEqual([]);
});
