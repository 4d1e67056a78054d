import fc from 'fast-check';
import { expect, test } from 'vitest';
import { curveStats } from '../../../src/series/curveStats';

test('extremes of the finite values, and how many are not finite or not positive', () => {
  fc.assert(
    fc.property(fc.array(fc.double()), (values) => {
      const finite = values.filter(Number.isFinite);
      expect(curveStats(Float64Array.from(values))).toEqual({
        // A set of two zeros has either as its smallest.
        min: expect.closeTo(Math.min(...finite), 300) as number,
        max: expect.closeTo(Math.max(...finite), 300) as number,
        notPositive: values.filter((value) => value <= 0).length,
        notFinite: values.length - finite.length,
      });
    }),
  );
});

test('one pass for the same array', () => {
  const values = Float64Array.of(1, 2);
  expect(curveStats(values)).toBe(curveStats(values));
});
