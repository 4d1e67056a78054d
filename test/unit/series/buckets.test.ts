import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bucketMinMax } from '../../../src/series/buckets';

const value = fc.oneof(
  { weight: 9, arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true }) },
  { weight: 1, arbitrary: fc.constantFrom(NaN, Infinity) },
);
const curve = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 50 }), value), { minLength: 1, maxLength: 400 })
  .map((points) => {
    let x = 0;
    return { x: Float64Array.from(points, ([dx]) => (x += dx)), y: Float64Array.from(points, ([, y]) => y) };
  });

test('keeps the smallest and the largest value, and counts every point once', () => {
  fc.assert(
    fc.property(curve, fc.integer({ min: 2, max: 60 }), ({ x, y }, maxBuckets) => {
      const buckets = bucketMinMax(x, y, -Infinity, Infinity, maxBuckets);
      const finite = [...y].filter(Number.isFinite);
      const known = (values: Float64Array) => [...values].filter((v) => !Number.isNaN(v));
      expect(Math.min(...known(buckets.min))).toBe(Math.min(...finite));
      expect(Math.max(...known(buckets.max))).toBe(Math.max(...finite));
      expect(buckets.count.reduce((a, b) => a + b, 0)).toBe(x.length);
    }),
  );
});

test('never makes more buckets than asked for, in order, each ending with a point of the curve', () => {
  fc.assert(
    fc.property(curve, fc.integer({ min: 2, max: 60 }), ({ x, y }, maxBuckets) => {
      const buckets = bucketMinMax(x, y, -Infinity, Infinity, maxBuckets);
      expect(buckets.x.length).toBeLessThanOrEqual(maxBuckets);
      buckets.last.forEach((index, bucket) => {
        expect(buckets.x[bucket]).toBe(x[index]);
        if (bucket > 0) expect(index).toBe(buckets.last[bucket - 1]! + buckets.count[bucket]!);
      });
    }),
  );
});

test('the mean lies between the extremes', () => {
  const x = Float64Array.from({ length: 1000 }, (_, i) => i);
  const y = x.map((v) => Math.sin(v));
  const { min, max, mean } = bucketMinMax(x, y, 0, 999, 20);
  mean.forEach((m, i) => {
    expect(m).toBeGreaterThan(min[i]!);
    expect(m).toBeLessThan(max[i]!);
  });
});

test('few points are left as they are', () => {
  const x = Float64Array.of(1, 2, 3);
  const y = Float64Array.of(5, NaN, 7);
  const buckets = bucketMinMax(x, y, 1, 3, 3);
  expect([...buckets.x]).toEqual([1, 2, 3]);
  expect([...buckets.min]).toEqual([5, NaN, 7]);
  expect([...buckets.max]).toEqual([5, NaN, 7]);
});

test('a window takes one point more on either side', () => {
  const x = Float64Array.from({ length: 10 }, (_, i) => i);
  expect([...bucketMinMax(x, x, 3, 5, 100).x]).toEqual([2, 3, 4, 5, 6]);
  expect([...bucketMinMax(x, x, -5, 0, 100).x]).toEqual([0, 1]);
});

test('a curve that grows keeps its buckets until their width doubles', () => {
  const x = Float64Array.from({ length: 1000 }, (_, i) => i);
  const before = bucketMinMax(x.subarray(0, 900), x.subarray(0, 900), 0, 899, 100);
  const after = bucketMinMax(x, x, 0, 999, 100);
  expect([...after.x.subarray(0, 50)]).toEqual([...before.x.subarray(0, 50)]);
});

test('an empty curve has no buckets', () => {
  expect(bucketMinMax(new Float64Array(), new Float64Array(), 0, 1, 10).x).toHaveLength(0);
});

test('points at one x do not stop it', () => {
  const x = new Float64Array(500);
  const buckets = bucketMinMax(x, x, 0, 0, 10);
  expect(buckets.count.reduce((a, b) => a + b, 0)).toBe(500);
});
