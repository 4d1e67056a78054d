import type { Estimate } from '../../protocol/comparison';

/** Of all intervals: the share of repetitions in which they hold the truth. */
export const CONFIDENCE = 0.95;

/**
 * Where the middle 95 % of resampled values lie: the percentile interval. That of the values with the opposite sign is its mirror image.
 * There is none where a resample has no value.
 */
export function percentileInterval(resampled: Float64Array): Estimate {
  if (resampled.some(Number.isNaN)) return { low: null, high: null };
  const sorted = resampled.toSorted();
  const outside = Math.floor((sorted.length * (1 - CONFIDENCE)) / 2);
  return { low: sorted[outside]!, high: sorted[sorted.length - 1 - outside]! };
}

/** The mean of what counts; NaN where nothing does. */
export function meanOf(values: ArrayLike<number>): number {
  const counted = Array.from(values).filter((value) => !Number.isNaN(value));
  return counted.reduce((sum, value) => sum + value, 0) / counted.length;
}

/** The variance of a sample, with the number of its values less 1; NaN for fewer than two. */
export function varianceOf(values: ArrayLike<number>): number {
  const mean = meanOf(values);
  let sum = 0;
  for (let place = 0; place < values.length; place++) sum += (values[place]! - mean) ** 2;
  return values.length < 2 ? Number.NaN : sum / (values.length - 1);
}
