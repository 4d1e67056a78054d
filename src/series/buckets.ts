import { lowerBound, upperBound } from './search';

/**
 * A curve cut into buckets of equal width along x, so that it can be drawn without drawing every point and without
 * hiding any extreme. All arrays have the same length; x increases.
 */
export interface Buckets {
  /** x of the bucket's last point. */
  x: Float64Array;
  /** Smallest, largest and mean finite value; NaN where a bucket has none. */
  min: Float64Array;
  max: Float64Array;
  mean: Float64Array;
  /** Index of the bucket's last point in the curve. */
  last: Uint32Array;
  /** Points in the bucket, finite or not. */
  count: Uint32Array;
}

/**
 * Cuts the points of a curve with `from` ≤ x ≤ `to`, and one more on either side so that lines run on to the edge,
 * into at most `maxBuckets` buckets. When there are no more points than that, each is a bucket of its own.
 *
 * Bucket edges are multiples of a power of two: as a curve grows at its end, earlier buckets stay as they were.
 *
 * @param x never decreasing, finite
 * @param positive values that are not greater than zero count as if they were not finite
 */
export function bucketMinMax(
  x: Float64Array,
  value: Float64Array,
  from: number,
  to: number,
  maxBuckets: number,
  positive = false,
): Buckets {
  const begin = Math.max(0, lowerBound(x, from) - 1);
  const end = Math.min(x.length, upperBound(x, to) + 1);
  const span = x[end - 1]! - x[begin]!;
  const single = end - begin <= maxBuckets || !(span > 0);
  const width = single ? 0 : 2 ** Math.ceil(Math.log2(span / (maxBuckets - 1)));
  const buckets = allocate(Math.min(end - begin, maxBuckets));
  let bucket = -1;
  let edge = -Infinity;
  let sum = 0;
  let finite = 0;
  for (let i = begin; i < end; i++) {
    const slot = single ? i : Math.floor(x[i]! / width);
    if (slot > edge && bucket + 1 < buckets.x.length) {
      edge = slot;
      bucket++;
      sum = finite = 0;
      buckets.min[bucket] = buckets.max[bucket] = buckets.mean[bucket] = NaN;
    }
    buckets.x[bucket] = x[i]!;
    buckets.last[bucket] = i;
    buckets.count[bucket]!++;
    const v = value[i]!;
    if (v - v !== 0 || (positive && v <= 0)) continue;
    sum += v;
    finite++;
    buckets.mean[bucket] = sum / finite;
    if (!(buckets.min[bucket]! <= v)) buckets.min[bucket] = v;
    if (!(buckets.max[bucket]! >= v)) buckets.max[bucket] = v;
  }
  return take(buckets, bucket + 1);
}

function allocate(length: number): Buckets {
  const column = (): Float64Array => new Float64Array(length);
  return {
    x: column(),
    min: column(),
    max: column(),
    mean: column(),
    last: new Uint32Array(length),
    count: new Uint32Array(length),
  };
}

function take(buckets: Buckets, length: number): Buckets {
  return {
    x: buckets.x.subarray(0, length),
    min: buckets.min.subarray(0, length),
    max: buckets.max.subarray(0, length),
    mean: buckets.mean.subarray(0, length),
    last: buckets.last.subarray(0, length),
    count: buckets.count.subarray(0, length),
  };
}
