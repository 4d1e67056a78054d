/** How likely two points of a layout are neighbors by their distance: 1/(1 + a·d²ᵇ). */
export interface UmapCurve {
  a: number;
  b: number;
}

const POINTS = 300;
const MAX_ITERATIONS = 200;

/**
 * The curve that comes nearest to 1 up to `minDistance` and to exp(−(d − minDistance)/spread) behind it, at 300 distances up
 * to 3·spread, by least squares (McInnes et al., 2018, arXiv 1802.03426, definition 11; Levenberg, 1944).
 */
export function curveOf(minDistance: number, spread: number): UmapCurve {
  const distances = Float64Array.from({ length: POINTS }, (_, point) => (3 * spread * point) / (POINTS - 1));
  const wanted = distances.map((d) => (d < minDistance ? 1 : Math.exp(-(d - minDistance) / spread)));
  // By the logarithm of a, which has to be positive.
  let [logA, b, damping] = [0, 1, 1e-3];
  let error = errorOf(distances, wanted, Math.exp(logA), b);
  for (let iteration = 0; iteration < MAX_ITERATIONS; iteration++) {
    let [aa, ab, bb, ga, gb] = [0, 0, 0, 0, 0];
    distances.forEach((d, point) => {
      if (d === 0) return; // the curve is 1 there, whatever a and b
      const power = Math.exp(logA) * d ** (2 * b);
      const value = 1 / (1 + power);
      const slope = -value * value * power;
      const slopeB = slope * 2 * Math.log(d);
      const difference = wanted[point]! - value;
      aa += slope * slope;
      ab += slope * slopeB;
      bb += slopeB * slopeB;
      ga += slope * difference;
      gb += slopeB * difference;
    });
    const [da, db] = [aa * (1 + damping), bb * (1 + damping)];
    const determinant = da * db - ab * ab;
    const [stepA, stepB] = [(db * ga - ab * gb) / determinant, (da * gb - ab * ga) / determinant];
    const next = errorOf(distances, wanted, Math.exp(logA + stepA), b + stepB);
    if (next < error) {
      logA += stepA;
      b += stepB;
      damping /= 3;
      if (error - next < 1e-15) break;
      error = next;
    } else {
      damping *= 4;
      if (damping > 1e12) break;
    }
  }
  return { a: Math.exp(logA), b };
}

function errorOf(distances: Float64Array, wanted: Float64Array, a: number, b: number): number {
  let error = 0;
  for (let point = 0; point < distances.length; point++)
    error += (wanted[point]! - 1 / (1 + a * distances[point]! ** (2 * b))) ** 2;
  return error;
}
