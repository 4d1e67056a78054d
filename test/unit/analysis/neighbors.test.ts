import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { neighbors } from '../../../src/analysis/neighbors';
import { tableOf } from './tables';

/** Small whole numbers, so that many rows are level with each other. */
const rows = fc.array(fc.array(fc.integer({ min: -2, max: 2 }), { minLength: 3, maxLength: 3 }), {
  minLength: 1,
  maxLength: 25,
});

const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, x, axis) => sum + x * b[axis]!, 0);
const measures = {
  dot,
  cosine: (a: readonly number[], b: readonly number[]) => {
    const lengths = dot(a, a) * dot(b, b);
    return lengths === 0 ? 0 : dot(a, b) / Math.sqrt(lengths);
  },
  euclidean: (a: readonly number[], b: readonly number[]) => {
    const difference = a.map((x, axis) => x - b[axis]!);
    return Math.sqrt(dot(difference, difference));
  },
};

describe.each(['cosine', 'dot', 'euclidean'] as const)('neighbors by %s', (metric) => {
  it('are those of sorting all rows, ties and all', () => {
    fc.assert(
      fc.property(rows, fc.nat(), fc.integer({ min: 1, max: 30 }), (drawn, pick, k) => {
        const query = pick % drawn.length;
        const sign = metric === 'euclidean' ? 1 : -1;
        const sorted = (vector: readonly number[], itself: number) =>
          drawn
            .map((row, index) => ({ row: index, score: measures[metric](row, vector) }))
            .filter(({ row }) => row !== itself)
            .sort((a, b) => sign * (a.score - b.score) || a.row - b.row)
            .slice(0, k)
            .map(({ row, score }) => ({ row, score: score + 0 }));
        const vector = [1, -1, 2];
        const actual = neighbors(tableOf(drawn), [query, Float32Array.from(vector)], k, metric);
        const found = actual.map((list) => list.map(({ row, score }) => ({ row, score: score + 0 })));
        expect(found).toEqual([sorted(drawn[query]!, query), sorted(vector, -1)]);
      }),
      { numRuns: 300, seed: 1 },
    );
  });
});

describe('neighbors', () => {
  it('leave out rows that are not numbers', () => {
    const table = tableOf([[1], [NaN], [2]]);
    expect(neighbors(table, [0], 5, 'dot')).toEqual([[{ row: 2, score: 2 }]]);
  });

  it('refuse queries that do not fit', () => {
    const table = tableOf([[1, 2]]);
    expect(() => neighbors(table, [1], 1, 'dot')).toThrow('row 1, where the table has rows 0 to 0');
    expect(() => neighbors(table, [Float32Array.of(1)], 1, 'dot')).toThrow('1 values');
  });
});
