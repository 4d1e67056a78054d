/** The derivative of a float64 function along a direction, by central differences. */
export function directionalDerivative(
  f: (x: Float64Array) => number,
  x: Float64Array,
  direction: Float64Array,
): number {
  const step = 1e-6;
  const at = (distance: number) => f(x.map((value, index) => value + distance * direction[index]!));
  return (at(step) - at(-step)) / (2 * step);
}
