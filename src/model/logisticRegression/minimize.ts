/** Value of a function, whose gradient it writes into the second argument. */
export type Differentiable = (point: Float64Array, gradient: Float64Array) => number;

/** Steps that are remembered. */
const MEMORY = 10;
/** A step counts if it lowers the function by this share of what the slope promises (Armijo). */
const SUFFICIENT = 1e-4;
const MAX_HALVINGS = 40;

/**
 * Moves a point to the minimum of a convex function (L-BFGS: Nocedal and Wright, "Numerical Optimization", 2006, algorithm 7.5), until
 * no part of the gradient is above a tolerance, no step lowers the function, or the steps are used up.
 */
export async function minimize(
  evaluate: Differentiable,
  point: Float64Array,
  { tolerance, maxSteps }: { tolerance: number; maxSteps: number },
  rest: () => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  let gradient = new Float64Array(point.length);
  let value = evaluate(point, gradient);
  const memory: { step: Float64Array; change: Float64Array; curvature: number }[] = [];
  for (let count = 0; count < maxSteps && largest(gradient) > tolerance; count++) {
    await rest();
    const direction = descent(gradient, memory);
    const slope = dot(direction, gradient);
    // The first step has no scale of its own.
    let size = memory.length === 0 ? Math.min(1, 1 / largest(gradient)) : 1;
    const next = new Float64Array(point.length);
    const nextGradient = new Float64Array(point.length);
    let nextValue = Infinity;
    for (let halving = 0; halving < MAX_HALVINGS; halving++, size /= 2) {
      for (let at = 0; at < point.length; at++) next[at] = point[at]! + size * direction[at]!;
      nextValue = evaluate(next, nextGradient);
      if (nextValue <= value + SUFFICIENT * size * slope) break;
    }
    if (!(nextValue < value)) return;
    const step = next.map((to, at) => to - point[at]!);
    const change = nextGradient.map((to, at) => to - gradient[at]!);
    const curvature = dot(step, change);
    // A step along which the gradient does not rise says nothing of the curvature.
    if (curvature > 0) memory.push({ step, change, curvature });
    if (memory.length > MEMORY) memory.shift();
    point.set(next);
    [value, gradient] = [nextValue, nextGradient];
  }
}

/** The gradient downhill, by the curvature that the remembered steps met. */
function descent(
  gradient: Float64Array,
  memory: readonly { step: Float64Array; change: Float64Array; curvature: number }[],
): Float64Array {
  const direction = gradient.map((slope) => -slope);
  const shares = memory.map(() => 0);
  for (let at = memory.length - 1; at >= 0; at--) {
    const { step, change, curvature } = memory[at]!;
    shares[at] = dot(step, direction) / curvature;
    add(direction, change, -shares[at]!);
  }
  const newest = memory.at(-1);
  if (newest !== undefined) {
    const scale = newest.curvature / dot(newest.change, newest.change);
    for (let at = 0; at < direction.length; at++) direction[at]! *= scale;
  }
  memory.forEach(({ step, change, curvature }, at) =>
    add(direction, step, shares[at]! - dot(change, direction) / curvature),
  );
  return direction;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += a[at]! * b[at]!;
  return sum;
}

function add(to: Float64Array, other: Float64Array, share: number): void {
  for (let at = 0; at < to.length; at++) to[at]! += share * other[at]!;
}

function largest(values: Float64Array): number {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}
