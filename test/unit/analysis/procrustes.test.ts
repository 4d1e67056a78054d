import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { procrustes } from '../../../src/analysis/procrustes';
import { drawTable, rowsOf, tableOf } from './tables';

/** Turned by an angle in the first two columns, mirrored, scaled and moved. */
function moved(rows: number[][], angle: number, scale: number): number[][] {
  return rows.map(([x, y, ...rest]) => [
    scale * (Math.cos(angle) * x! - Math.sin(angle) * y!) + 3,
    scale * (Math.sin(angle) * x! + Math.cos(angle) * y!) - 1,
    ...rest.map((value) => -scale * value + 2),
  ]);
}

describe('procrustes', () => {
  it('finds a rotation, a reflection and a scale again', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -3, max: 3, noNaN: true }),
        fc.double({ min: 0.2, max: 5, noNaN: true }),
        fc.integer({ min: 2, max: 5 }),
        (angle, scale, width) => {
          const source = drawTable(7, 20, width);
          const target = tableOf(moved(rowsOf(source), angle, scale));
          const { aligned, rootMeanSquare, scale: found } = procrustes(source, target, { scaling: true });
          expect(rootMeanSquare).toBeLessThan(1e-5);
          expect(found).toBeCloseTo(scale, 4);
          aligned.values.forEach((value, index) => expect(value).toBeCloseTo(target.values[index]!, 4));
        },
      ),
      { numRuns: 40, seed: 1 },
    );
  });

  it('keeps distances without scaling, and ends at the same place from any rotation', () => {
    const [source, target] = [drawTable(1, 30, 2), drawTable(2, 30, 2)];
    const { aligned, rootMeanSquare, scale, residuals } = procrustes(source, target);
    expect(scale).toBe(1);
    const apart = (rows: number[][]) => Math.hypot(...rows[0]!.map((value, axis) => value - rows[1]![axis]!));
    expect(apart(rowsOf(aligned))).toBeCloseTo(apart(rowsOf(source)), 5);
    expect(rootMeanSquare).toBeCloseTo(Math.hypot(...residuals) / Math.sqrt(30), 12);
    for (let angle = 0; angle < 6.2; angle += 0.1) {
      const turned = tableOf(moved(rowsOf(source), angle, 1));
      const other = procrustes(turned, target);
      expect(other.rootMeanSquare).toBeCloseTo(rootMeanSquare, 4);
    }
  });

  it('aligns all rows by the shared ones and says how far each of these is off', () => {
    const source = drawTable(1, 10, 3);
    const all = moved(rowsOf(source), 1, 1);
    // The target has the rows 9 to 1 of the source, and the row 5 has moved.
    const target = tableOf(
      all
        .slice(1)
        .reverse()
        .map((row, place) => (place === 4 ? [row[0]! + 0.01, row[1]!, row[2]!] : row)),
    );
    const shared = {
      source: Int32Array.from({ length: 9 }, (_, place) => 9 - place),
      target: Int32Array.from({ length: 9 }, (_, place) => place),
    };
    const { aligned, residuals } = procrustes(source, target, { shared });
    rowsOf(aligned)[0]!.forEach((value, axis) => expect(value).toBeCloseTo(all[0]![axis]!, 1));
    expect(residuals.indexOf(Math.max(...residuals))).toBe(4);
  });

  it('does not fail where all points are one', () => {
    const source = tableOf([
      [1, 1],
      [1, 1],
    ]);
    const { rootMeanSquare, scale } = procrustes(
      source,
      tableOf([
        [2, 0],
        [2, 2],
      ]),
      { scaling: true },
    );
    expect([rootMeanSquare, scale]).toEqual([1, 1]);
  });

  it('refuses tables that do not belong together', () => {
    expect(() => procrustes(drawTable(1, 3, 2), drawTable(1, 3, 3))).toThrow('width 2 and 3');
    expect(() => procrustes(drawTable(1, 3, 2), drawTable(1, 4, 2))).toThrow('3 and 4 shared rows');
  });
});
