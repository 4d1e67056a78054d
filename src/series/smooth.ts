/**
 * Exponential moving average without the pull toward zero at the start (TensorBoard's smoothing; the correction is
 * that of Adam, Kingma and Ba 2015, section 3): mₜ = w·mₜ₋₁ + (1 − w)·vₜ, result mₜ / (1 − wᵗ).
 *
 * Values that are not finite stay as they are and do not touch the average.
 *
 * @param weight w, 0 (no smoothing) ≤ w < 1
 * @param at ascending places of the averages that are wanted. They are of all values before them, which is one pass over the
 *     curve, without a second curve of its length
 */
export function smoothAt(values: Float64Array, weight: number, at: Uint32Array): Float64Array {
  const smoothed = new Float64Array(at.length);
  let average = 0;
  let remaining = 1; // wᵗ
  let next = 0;
  for (let i = 0; next < at.length; i++) {
    const value = values[i]!;
    const isFinite = value - value === 0;
    if (isFinite) {
      average = weight * average + (1 - weight) * value;
      remaining *= weight;
    }
    if (i === at[next]) smoothed[next++] = isFinite ? average / (1 - remaining) : value;
  }
  return smoothed;
}
