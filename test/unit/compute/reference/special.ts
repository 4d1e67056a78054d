/** Anything with numbers in it: the oracle writes float64. */
export type Values = Float64Array | Float32Array | Int32Array | readonly number[];

export const sigmoid = (x: number): number =>
  x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x));

export const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

/** By the series 2/√π·exp(−x²)·Σ 2ⁿx²ⁿ⁺¹/(2n+1)!!, all terms of which have one sign (Abramowitz and Stegun, 7.1.6). */
export function erf(x: number): number {
  if (Number.isNaN(x)) return NaN;
  if (Math.abs(x) > 6) return Math.sign(x);
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

/** The softmax of a row; the places where `allowed` is false get 0, and a row in which nothing is allowed is all 0. */
export function softmax(row: Values, allowed?: (index: number) => boolean): Float64Array {
  const result = new Float64Array(row.length);
  const places: number[] = [];
  for (let index = 0; index < row.length; index++) if (!allowed || allowed(index)) places.push(index);
  let largest = -Infinity;
  for (const place of places) largest = Math.max(largest, row[place]!);
  let total = 0;
  for (const place of places) total += result[place] = Math.exp(row[place]! - largest);
  for (const place of places) result[place]! /= total;
  return result;
}

export function logSumExp(row: Values): number {
  let largest = -Infinity;
  for (const value of row) largest = Math.max(largest, value);
  let total = 0;
  for (const value of row) total += Math.exp(value - largest);
  return largest + Math.log(total);
}
