import type { NeighborMetric } from '../compute/ranking';
import { AnalysisError } from './analysisError';
import { rowOf, type Table } from './table';

export interface Neighbor {
  row: number;
  /** The cosine, the product or, for `euclidean`, the distance. */
  score: number;
}

/**
 * The k rows nearest to each query, nearest first; ties go to the lower row. By comparing with every row in float64: some
 * milliseconds for 100,000 rows, without an engine. Compute's `nearestNeighbors` is the one for all rows at once.
 * @param queries rows, which are not their own neighbors, or vectors of the table's width
 * @returns a list per query, shorter than k where there are fewer rows; rows whose score is NaN are left out
 * @throws AnalysisError (`analysis/shape`)
 */
export function neighbors(
  table: Table,
  queries: readonly (number | Float32Array)[],
  k: number,
  metric: NeighborMetric,
): Neighbor[][] {
  return queries.map((query) => {
    const vector = typeof query === 'number' ? rowOf(table, query) : query;
    if (vector.length !== table.width) {
      const expected = typeof query === 'number' ? `rows 0 to ${table.numRows - 1}` : `${table.width} values`;
      const found = typeof query === 'number' ? `row ${query}` : `${vector.length} values`;
      throw new AnalysisError('analysis/shape', `A query has ${found}, where the table has ${expected}.`);
    }
    return nearest(table, vector, typeof query === 'number' ? query : -1, k, metric);
  });
}

function nearest(
  table: Table,
  vector: Float32Array,
  itself: number,
  k: number,
  metric: NeighborMetric,
): Neighbor[] {
  const rows = new Int32Array(k);
  // Larger is nearer: distances are held as their negative squares.
  const scores = new Float64Array(k);
  const nearness = { cosine, dot, euclidean: negativeSquaredDistance }[metric];
  let found = 0;
  for (let row = 0; row < table.numRows; row++) {
    if (row === itself) continue;
    const score = nearness(table, row, vector);
    if (Number.isNaN(score) || (found === k && !(score > scores[k - 1]!))) continue;
    if (found < k) found++;
    let place = found - 1;
    for (; place > 0 && score > scores[place - 1]!; place--) {
      scores[place] = scores[place - 1]!;
      rows[place] = rows[place - 1]!;
    }
    scores[place] = score;
    rows[place] = row;
  }
  return Array.from({ length: found }, (_, place) => ({
    row: rows[place]!,
    score: metric === 'euclidean' ? Math.sqrt(-scores[place]!) : scores[place]!,
  }));
}

function dot({ values, width }: Table, row: number, vector: Float32Array): number {
  const start = row * width;
  let sum = 0;
  for (let axis = 0; axis < width; axis++) sum += values[start + axis]! * vector[axis]!;
  return sum;
}

/** 0 where a vector has no direction. */
function cosine({ values, width }: Table, row: number, vector: Float32Array): number {
  const start = row * width;
  let [product, own, other] = [0, 0, 0];
  for (let axis = 0; axis < width; axis++) {
    const [x, y] = [values[start + axis]!, vector[axis]!];
    product += x * y;
    own += x * x;
    other += y * y;
  }
  return own === 0 || other === 0 ? 0 : product / Math.sqrt(own * other);
}

function negativeSquaredDistance({ values, width }: Table, row: number, vector: Float32Array): number {
  const start = row * width;
  let sum = 0;
  for (let axis = 0; axis < width; axis++) sum += (values[start + axis]! - vector[axis]!) ** 2;
  return -sum;
}
