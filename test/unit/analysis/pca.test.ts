import fc from 'fast-check';
import { PCA } from 'ml-pca';
import { describe, expect, it } from 'vitest';
import { pca, projectRows } from '../../../src/analysis/pca';
import { drawTable, rowsOf, tableOf } from './tables';

/** The convention for signs, for the reference: the value of largest magnitude is positive. */
function withSign(component: number[]): number[] {
  const largest = component.reduce((most, value) => (Math.abs(value) > Math.abs(most) ? value : most), 0);
  return component.map((value) => value * Math.sign(largest));
}

describe('pca', () => {
  it.each([
    [200, 2],
    [300, 7],
    [51, 32],
    [1002, 64],
    [10, 16],
  ])('of %i × %i equals ml-pca', (numRows, width) => {
    const table = drawTable(numRows, numRows, width);
    const actual = pca(table);
    const reference = new PCA(rowsOf(table), { method: 'SVD' });
    const count = Math.min(numRows - 1, width);
    reference
      .getEigenvalues()
      .slice(0, count)
      .forEach((variance, component) => expect(actual.variances[component]).toBeCloseTo(variance, 5));
    reference
      .getExplainedVariance()
      .slice(0, count)
      .forEach((share, component) => expect(actual.shares[component]).toBeCloseTo(share, 5));
    const components = reference.getLoadings().to2DArray().slice(0, count).map(withSign);
    components.forEach((expected, component) =>
      expected.forEach((value, axis) =>
        expect(Math.abs(actual.components[component * width + axis]! - value)).toBeLessThan(1e-5),
      ),
    );
    const chosen = [1, 0];
    const projected = projectRows(table, actual, chosen);
    const means = reference.toJSON().means;
    rowsOf(table).forEach((row, index) =>
      chosen.forEach((component, place) => {
        const expected = row.reduce(
          (sum, value, axis) => sum + (value - means[axis]!) * components[component]![axis]!,
          0,
        );
        expect(Math.abs(projected.values[index * 2 + place]! - expected)).toBeLessThan(1e-5);
      }),
    );
  });

  it('has orthonormal components whose variances add up to all there is', () => {
    const rows = fc.array(
      fc.array(fc.float({ noNaN: true, min: -10, max: 10 }), { minLength: 4, maxLength: 4 }),
      {
        minLength: 2,
        maxLength: 12,
      },
    );
    fc.assert(
      fc.property(rows, (drawn) => {
        const table = tableOf(drawn);
        const { components, variances, shares, mean } = pca(table);
        for (let i = 0; i < 4; i++) {
          for (let j = 0; j < 4; j++) {
            let product = 0;
            for (let axis = 0; axis < 4; axis++)
              product += components[i * 4 + axis]! * components[j * 4 + axis]!;
            expect(product).toBeCloseTo(i === j ? 1 : 0, 9);
          }
        }
        const total = table.values.reduce((sum, value, index) => sum + (value - mean[index % 4]!) ** 2, 0);
        const sum = variances.reduce((a, b) => a + b, 0);
        expect(sum).toBeCloseTo(total / (drawn.length - 1), 6);
        expect(shares.reduce((a, b) => a + b, 0)).toBeCloseTo(sum > 0 ? 1 : 0, 9);
        expect([...variances]).toEqual([...variances].sort((a, b) => b - a));
      }),
      { numRuns: 100, seed: 1 },
    );
  });

  it('gives the same signs for the mirrored table', () => {
    const table = drawTable(3, 50, 5);
    const mirrored = { ...table, values: table.values.map((value) => -value) };
    pca(mirrored).components.forEach((value, index) =>
      expect(value).toBeCloseTo(pca(table).components[index]!, 12),
    );
  });

  it('knows tables in which nothing varies', () => {
    for (const rows of [
      [[1, 2]],
      [
        [1, 2],
        [1, 2],
        [1, 2],
      ],
    ]) {
      const { variances, shares, mean } = pca(tableOf(rows));
      expect([...mean]).toEqual([1, 2]);
      expect([...variances, ...shares]).toEqual([0, 0, 0, 0]);
    }
  });

  it('names the row that is not finite', () => {
    expect(() =>
      pca(
        tableOf([
          [1, 2],
          [3, NaN],
        ]),
      ),
    ).toThrow('Row 1 of the vectors holds NaN');
    expect(() => pca(tableOf([[Infinity, 2]]))).toThrow('Row 0 of the vectors holds Infinity');
  });
});
