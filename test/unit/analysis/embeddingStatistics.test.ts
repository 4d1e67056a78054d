import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { embeddingStatistics, spearman } from '../../../src/analysis/embeddingStatistics';
import { drawTable, tableOf } from './tables';

describe('embeddingStatistics', () => {
  it('finds rows of zeros, rows that never moved and rows that are equal', () => {
    const rows = [
      [0, 0],
      [3, 4],
      [1, 0],
      [3, 4],
      [1e-9, 0],
      [1, -0],
      [0, 2],
      [3, 4],
      [-0, 0],
    ];
    const initial = tableOf(rows.map((row, index) => (index < 3 ? row : [9, 9])));
    const found = embeddingStatistics(tableOf(rows), { seed: 1, initial });
    expect([...found.zeroRows]).toEqual([0, 4, 8]);
    expect([...found.unmovedRows!]).toEqual([0, 1, 2]);
    expect(found.duplicates.map((group) => [...group])).toEqual([
      [1, 3, 7],
      [2, 5],
    ]);
    expect([...found.norms.subarray(0, 4)]).toEqual([0, 5, 1, 5]);
    expect(embeddingStatistics(tableOf(rows), { seed: 1 }).unmovedRows).toBeNull();
  });

  it('tells rows in one direction from rows in all', () => {
    const spread = embeddingStatistics(drawTable(1, 500, 1), { seed: 1 });
    expect(spread.meanCosine).toBeCloseTo(0, 1);
    expect(spread.effectiveDimensions).toBeCloseTo(1, 9);
    const along = tableOf(Array.from({ length: 50 }, (_, row) => [row + 1, 2 * row + 2, 0]));
    const { meanCosine, varianceShares, effectiveDimensions } = embeddingStatistics(along, { seed: 1 });
    expect(meanCosine).toBeCloseTo(1, 6);
    expect(varianceShares[0]).toBeCloseTo(1, 9);
    expect(effectiveDimensions).toBeCloseTo(1, 6);
  });

  it('compares norms with popularity', () => {
    const table = tableOf([[1], [-2], [3], [4]]);
    expect(embeddingStatistics(table, { seed: 1, popularity: [1, 5, 6, 70] }).normByPopularity).toBe(1);
    expect(embeddingStatistics(table, { seed: 1, popularity: [4, 3, 2, 1] }).normByPopularity).toBe(-1);
    expect(embeddingStatistics(table, { seed: 1 }).normByPopularity).toBeNull();
    expect(() => embeddingStatistics(table, { seed: 1, popularity: [1] })).toThrow('popularity is of 1 rows');
  });

  it('knows empty tables and those of one row', () => {
    expect(embeddingStatistics(tableOf([]), { seed: 1 })).toMatchObject({ meanNorm: 0, meanCosine: 0 });
    expect(embeddingStatistics(tableOf([[2, 0]]), { seed: 1 })).toMatchObject({ meanNorm: 2, meanCosine: 0 });
  });
});

describe('spearman', () => {
  it('is Pearson’s correlation of average ranks', () => {
    const value = fc.integer({ min: 0, max: 4 });
    fc.assert(
      fc.property(fc.array(fc.tuple(value, value), { minLength: 2, maxLength: 20 }), (pairs) => {
        const ranks = (values: number[]) =>
          values.map((own) => {
            const below = values.filter((other) => other < own).length;
            return below + (values.filter((other) => other === own).length + 1) / 2;
          });
        const [a, b] = [pairs.map(([x]) => x), pairs.map(([, y]) => y)];
        const [x, y] = [ranks(a), ranks(b)];
        const mean = (pairs.length + 1) / 2;
        const sum = (p: number[], q: number[]) =>
          p.reduce((total, own, index) => total + (own - mean) * (q[index]! - mean), 0);
        const expected = sum(x, y) / Math.sqrt(sum(x, x) * sum(y, y));
        if (Number.isNaN(expected)) expect(spearman(a, b)).toBeNull();
        else expect(spearman(a, b)).toBeCloseTo(expected, 12);
      }),
      { numRuns: 200, seed: 1 },
    );
  });
});
