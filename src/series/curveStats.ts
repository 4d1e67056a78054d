/** What one pass over a curve's values tells of them. */
export interface CurveStats {
  /** Of the finite values; ∞ and −∞ when there are none. */
  min: number;
  max: number;
  /** Values that a log axis cannot show. */
  notPositive: number;
  /** Values that are no numbers, such as the loss of a model that diverged. */
  notFinite: number;
}

const known = new WeakMap<Float64Array, CurveStats>();

/** Statistics of values that do not change any more; computed once for the same array. */
export function curveStats(values: Float64Array): CurveStats {
  let stats = known.get(values);
  if (!stats) known.set(values, (stats = compute(values)));
  return stats;
}

function compute(values: Float64Array): CurveStats {
  let min = Infinity;
  let max = -Infinity;
  let notPositive = 0;
  let notFinite = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value <= 0) notPositive++;
    if (value - value !== 0) {
      notFinite++;
      continue;
    }
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return { min, max, notPositive, notFinite };
}
