/**
 * Exponential moving average without the pull towards zero at the start (TensorBoard's smoothing; the correction is
 * that of Adam, Kingma and Ba 2015, section 3): mₜ = w·mₜ₋₁ + (1 − w)·vₜ, result mₜ / (1 − wᵗ).
 *
 * Values that are not finite stay as they are and do not touch the average.
 *
 * @param weight w, 0 (no smoothing) ≤ w < 1
 */
export function smooth(values: Float64Array, weight: number): Float64Array {
  if (weight <= 0) return values;
  const smoothed = new Float64Array(values.length);
  let average = 0;
  let remaining = 1; // wᵗ
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!Number.isFinite(value)) {
      smoothed[i] = value;
      continue;
    }
    average = weight * average + (1 - weight) * value;
    remaining *= weight;
    smoothed[i] = average / (1 - remaining);
  }
  return smoothed;
}
