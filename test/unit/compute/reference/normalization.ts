import { sigmoid, type Values } from './special';

/** γ·(x − mean)/√(variance + ε) + β of each row. */
export function layerNorm(x: Values, gamma: Values, beta: Values, epsilon: number): Float64Array {
  const width = gamma.length;
  const result = Float64Array.from(x);
  for (let row = 0; row < x.length; row += width) {
    const { mean, variance } = moments(result.subarray(row, row + width));
    for (let column = 0; column < width; column++) {
      const standard = (x[row + column]! - mean) / Math.sqrt(variance + epsilon);
      result[row + column] = gamma[column]! * standard + beta[column]!;
    }
  }
  return result;
}

interface Statistics {
  mean: Values;
  variance: Values;
}

/** γ·(x − mean)/√(variance + ε) + β of each column, then mean and variance. */
export function batchNorm(
  x: Values,
  gamma: Values,
  beta: Values,
  statistics: Statistics | null,
  epsilon: number,
): [Float64Array, Float64Array, Float64Array] {
  const used = statistics ?? columnMoments(x, gamma.length);
  const output = standardize(
    x,
    used,
    epsilon,
    (standard, _, column) => gamma[column]! * standard + beta[column]!,
  );
  return [output, Float64Array.from(used.mean), Float64Array.from(used.variance)];
}

/** p·x + (1 − p)·α·x with p = σ((x − mean)/√(variance + ε)), then mean and variance of the columns. */
export function dice(
  x: Values,
  alpha: Values,
  statistics: Statistics | null,
  epsilon: number,
): [Float64Array, Float64Array, Float64Array] {
  const used = statistics ?? columnMoments(x, alpha.length);
  const output = standardize(x, used, epsilon, (standard, value, column) => {
    const share = sigmoid(standard);
    return share * value + (1 - share) * alpha[column]! * value;
  });
  return [output, Float64Array.from(used.mean), Float64Array.from(used.variance)];
}

function standardize(
  x: Values,
  { mean, variance }: Statistics,
  epsilon: number,
  combine: (standard: number, value: number, column: number) => number,
): Float64Array {
  return Float64Array.from(x, (value, place) => {
    const column = place % mean.length;
    return combine((value - mean[column]!) / Math.sqrt(variance[column]! + epsilon), value, column);
  });
}

function columnMoments(x: Values, width: number): Statistics {
  const rows = x.length / width;
  const columns = Array.from({ length: width }, (_, column) => {
    const values = new Float64Array(rows);
    for (let row = 0; row < rows; row++) values[row] = x[row * width + column]!;
    return moments(values);
  });
  return { mean: columns.map(({ mean }) => mean), variance: columns.map(({ variance }) => variance) };
}

/** Mean and biased variance. */
function moments(values: Float64Array): { mean: number; variance: number } {
  let sum = 0;
  for (const value of values) sum += value;
  const mean = sum / values.length;
  let squares = 0;
  for (const value of values) squares += (value - mean) ** 2;
  return { mean, variance: squares / values.length };
}
