import { AnalysisError } from './analysisError';
import { normalizeRows, requireFinite, type Table } from './table';

/** Points, and how far apart they are. */
export interface Space {
  points: Table;
  metric: 'cosine' | 'euclidean';
}

/**
 * How far the neighbors that a projection shows are neighbors in fact, from 0 to 1 (Venna and Kaski, "Neighborhood
 * preservation in nonlinear projection methods", ICANN 2001):
 * 1 − 2 / (n·k·(2n − 3k − 1)) · Σᵢ Σ (r(i, j) − k) over the j among the k nearest of i in the projection that are not in the
 * original; r is the place of j among the neighbors of i there. Ties go to the lower row.
 * @param rows which points to ask for; all if left out. A random thousand is enough to know two digits.
 * @throws AnalysisError (`analysis/shape`) unless both have the same rows and k is below half of them
 */
export function trustworthiness(original: Space, projection: Space, k: number, rows?: Int32Array): number {
  const numRows = original.points.numRows;
  if (projection.points.numRows !== numRows || !(k >= 1) || 2 * k >= numRows) {
    throw new AnalysisError(
      'analysis/shape',
      `There are ${numRows} original and ${projection.points.numRows} projected rows for ${k} neighbors; both must be the same and more than twice as many.`,
    );
  }
  const near = distancesOf(projection);
  const far = distancesOf(original);
  const shown = new Int32Array(k);
  const asked = rows ?? Int32Array.from({ length: numRows }, (_, row) => row);
  let penalty = 0;
  for (const row of asked) {
    nearestRows(near(row), row, shown);
    const distances = far(row);
    for (const other of shown) penalty += Math.max(0, placeOf(distances, row, other) - k);
  }
  return 1 - (2 / (asked.length * k * (2 * numRows - 3 * k - 1))) * penalty;
}

/** How far neighbors in the original are neighbors in the projection: trustworthiness with both exchanged. */
export function continuity(original: Space, projection: Space, k: number, rows?: Int32Array): number {
  return trustworthiness(projection, original, k, rows);
}

/** Gives a row's squared distances to all rows, in memory that the next call takes again. */
function distancesOf({ points, metric }: Space): (row: number) => Float64Array {
  requireFinite(points);
  // Cosines order points as the distances of their directions do.
  const { values, numRows, width } = metric === 'cosine' ? normalizeRows(points) : points;
  const distances = new Float64Array(numRows);
  return (row) => {
    const own = values.subarray(row * width, (row + 1) * width);
    for (let other = 0, start = 0; other < numRows; other++, start += width) {
      let sum = 0;
      for (let axis = 0; axis < width; axis++) {
        const difference = values[start + axis]! - own[axis]!;
        sum += difference * difference;
      }
      distances[other] = sum;
    }
    return distances;
  };
}

/** Fills `nearest` with the rows of the least distances but `itself`, the nearest first. */
function nearestRows(distances: Float64Array, itself: number, nearest: Int32Array): void {
  const k = nearest.length;
  let found = 0;
  for (let row = 0; row < distances.length; row++) {
    if (row === itself) continue;
    const distance = distances[row]!;
    if (found === k && distance >= distances[nearest[k - 1]!]!) continue;
    if (found < k) found++;
    let place = found - 1;
    for (; place > 0 && distance < distances[nearest[place - 1]!]!; place--)
      nearest[place] = nearest[place - 1]!;
    nearest[place] = row;
  }
}

/** The place of a row among the neighbors of another, from 1. */
function placeOf(distances: Float64Array, itself: number, row: number): number {
  const own = distances[row]!;
  let place = 1;
  for (let other = 0; other < distances.length; other++) {
    const distance = distances[other]!;
    if (distance < own || (distance === own && other < row)) place++;
  }
  // It is the nearest to itself, or level and before or behind.
  return distances[itself]! < own || itself < row ? place - 1 : place;
}
