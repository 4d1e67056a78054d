import fc from 'fast-check';
import { expect, test } from 'vitest';
import { smoothAt } from '../../../src/series/smooth';

/** The average at every place. */
const smooth = (values: Float64Array, w: number) => smoothAt(values, w, Uint32Array.from(values.keys()));
const weight = fc.double({ min: 0, max: 0.999, noNaN: true });
const values = fc
  .array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1 })
  .map((v) => Float64Array.from(v));

test('follows the definition: a weighted mean whose weights fall by w with age', () => {
  const w = 0.6;
  const v = [3, -1, 4, 1, -5];
  const expected = v.map((_, t) => {
    const weights = v.slice(0, t + 1).map((_, i) => w ** (t - i));
    const total = weights.reduce((a, b) => a + b, 0);
    return v.slice(0, t + 1).reduce((sum, value, i) => sum + value * weights[i]!, 0) / total;
  });
  smooth(Float64Array.from(v), w).forEach((s, i) => expect(s).toBeCloseTo(expected[i]!, 12));
});

test('starts at the first value and stays between the extremes', () => {
  fc.assert(
    fc.property(values, weight, (v, w) => {
      const smoothed = smooth(v, w);
      const slack = 1e-6 * Math.max(1, ...v.map(Math.abs));
      expect(Math.abs(smoothed[0]! - v[0]!)).toBeLessThanOrEqual(slack);
      expect(Math.min(...smoothed)).toBeGreaterThanOrEqual(Math.min(...v) - slack);
      expect(Math.max(...smoothed)).toBeLessThanOrEqual(Math.max(...v) + slack);
    }),
  );
});

test('without weight nothing changes', () => {
  const v = Float64Array.of(1, 5, 2);
  expect(smooth(v, 0)).toEqual(v);
});

test('a value that is not finite stays and does not spoil what follows', () => {
  const smoothed = smooth(Float64Array.of(2, NaN, 2, Infinity, 2), 0.9);
  expect(smoothed[1]).toBeNaN();
  expect(smoothed[3]).toBe(Infinity);
  expect(smoothed[4]).toBeCloseTo(2, 12);
});

test('the average at some places is that of the whole curve there', () => {
  fc.assert(
    fc.property(values, weight, fc.integer({ min: 1, max: 4 }), (v, w, stride) => {
      const at = Uint32Array.from(v.keys()).filter((i) => i % stride === 0);
      const all = smooth(v, w);
      expect([...smoothAt(v, w, at)]).toEqual([...at].map((i) => all[i]));
    }),
  );
});
