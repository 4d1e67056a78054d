import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { continuity, trustworthiness, type Space } from '../../../src/analysis/trustworthiness';
import { drawTable, rowsOf, tableOf } from './tables';

const euclidean = (points: Space['points']): Space => ({ points, metric: 'euclidean' });

/** The definition, by sorting. */
function defined(original: Space, projection: Space, k: number): number {
  const order = ({ points, metric }: Space) => {
    const rows = rowsOf(points);
    const product = (a: number[], b: number[]) => a.reduce((sum, x, axis) => sum + x * b[axis]!, 0);
    const distance = (a: number[], b: number[]) =>
      metric === 'cosine'
        ? -product(a, b) / Math.sqrt(product(a, a) * product(b, b))
        : a.reduce((sum, x, axis) => sum + (x - b[axis]!) ** 2, 0);
    return rows.map((row, index) =>
      rows
        .map((other, place) => ({ place, distance: distance(row, other) }))
        .filter(({ place }) => place !== index)
        .sort((a, b) => a.distance - b.distance || a.place - b.place)
        .map(({ place }) => place),
    );
  };
  const [far, near] = [order(original), order(projection)];
  const n = far.length;
  let penalty = 0;
  for (let row = 0; row < n; row++)
    for (const other of near[row]!.slice(0, k))
      if (!far[row]!.slice(0, k).includes(other)) penalty += far[row]!.indexOf(other) + 1 - k;
  return 1 - (2 / (n * k * (2 * n - 3 * k - 1))) * penalty;
}

describe('trustworthiness and continuity', () => {
  it('are as defined, ties and all', () => {
    const digit = fc.integer({ min: -2, max: 2 });
    const points = fc.array(fc.tuple(fc.tuple(digit, digit, digit), fc.tuple(digit, digit)), {
      minLength: 9,
      maxLength: 20,
    });
    fc.assert(
      fc.property(points, fc.integer({ min: 1, max: 4 }), (drawn, k) => {
        const original = euclidean(tableOf(drawn.map(([row]) => row)));
        const projection = euclidean(tableOf(drawn.map(([, row]) => row)));
        expect(trustworthiness(original, projection, k)).toBeCloseTo(defined(original, projection, k), 12);
        expect(continuity(original, projection, k)).toBeCloseTo(defined(projection, original, k), 12);
      }),
      { numRuns: 100, seed: 1 },
    );
  });

  it('compare cosines', () => {
    const original: Space = { points: drawTable(1, 60, 5), metric: 'cosine' };
    const projection = euclidean(drawTable(2, 60, 2));
    expect(trustworthiness(original, projection, 5)).toBeCloseTo(defined(original, projection, 5), 12);
  });

  it('are 1 for the points themselves, and about a half for points in no relation', () => {
    const original = euclidean(drawTable(1, 400, 8));
    expect(trustworthiness(original, original, 15)).toBe(1);
    expect(trustworthiness(original, euclidean(drawTable(2, 400, 2)), 15)).toBeCloseTo(0.5, 1);
  });

  it('can be asked of some rows', () => {
    const [original, projection] = [euclidean(drawTable(1, 100, 8)), euclidean(drawTable(2, 100, 2))];
    const halves = [0, 50].map((start) =>
      trustworthiness(
        original,
        projection,
        5,
        Int32Array.from({ length: 50 }, (_, row) => start + row),
      ),
    );
    expect((halves[0]! + halves[1]!) / 2).toBeCloseTo(trustworthiness(original, projection, 5), 12);
  });

  it('need enough points', () => {
    const points = euclidean(drawTable(1, 10, 3));
    expect(() => trustworthiness(points, points, 5)).toThrow(
      '10 original and 10 projected rows for 5 neighbors',
    );
    expect(() => trustworthiness(points, euclidean(drawTable(1, 9, 2)), 2)).toThrow('9 projected rows');
  });
});
