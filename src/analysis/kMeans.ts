import { STREAMS } from '../compute/randomStreams';
import * as tf from '@tensorflow/tfjs-core';
import { RandomStream } from '../compute/random';
import { topItems } from '../compute/ranking';
import { letEventsIn, nowAndThen } from '../protocol/letEventsIn';
import { AnalysisError } from './analysisError';
import { normalizeRows, requireFinite, rowOf, selectRows, type Table } from './table';

export interface KMeansOptions {
  seed: number;
  /** How often to begin anew; the best result is kept. 3 if left out. */
  starts?: number;
  /** Compares directions: rows and centers have length 1 (Dhillon and Modha, 2001), as fits the cosine. */
  spherical?: boolean;
  /** After which a start ends in any case. 100 if left out. */
  maxIterations?: number;
}

export interface KMeans {
  /** The cluster of each row. */
  labels: Int32Array;
  /** `[k, width]`; of length 1 when spherical. */
  centers: Table;
  /** Rows of each cluster. */
  sizes: Int32Array;
  /** Sum of the squared distances of rows to their centers. */
  inertia: number;
  /** Of the start that was kept. */
  iterations: number;
}

/** Share of the inertia by which an iteration must improve it. */
const TOLERANCE = 1e-4;

/**
 * k-means (Lloyd, 1982) from seeds that are drawn far apart (k-means++: Arthur and Vassilvitskii, 2007). The engine in use
 * compares rows with centers; sums are in float64. A cluster that loses all its rows starts again at the row that is
 * farthest from its own center.
 * @param k lowered to the number of rows
 * @throws AnalysisError (`analysis/not-finite`, `analysis/shape`)
 */
export async function kMeans(table: Table, k: number, options: KMeansOptions): Promise<KMeans> {
  if (!(k >= 1) || table.numRows === 0) {
    throw new AnalysisError(
      'analysis/shape',
      `${table.numRows} rows cannot be put into ${k} clusters; at least one of each is needed.`,
    );
  }
  requireFinite(table);
  const { starts = 3, spherical = false } = options;
  const rows = spherical ? normalizeRows(table) : table;
  const points = tf.tensor2d(rows.values, [rows.numRows, rows.width]);
  try {
    let best: KMeans | null = null;
    for (let start = 0; start < starts; start++) {
      const seeds = drawSeeds(
        rows,
        Math.min(k, rows.numRows),
        new RandomStream(options.seed, STREAMS.kMeans, start),
      );
      const result = await iterate(rows, points, seeds, spherical, options.maxIterations ?? 100);
      if (best === null || result.inertia < best.inertia) best = result;
    }
    return best!;
  } finally {
    points.dispose();
  }
}

/**
 * The nearest center of each row; ties go to the first.
 * @param points `[n, d]`
 */
export async function nearestCenters(points: tf.Tensor2D, centers: Table): Promise<Int32Array> {
  // |x − c|² = |x|² − 2(x·c − |c|²/2), so the nearest has the largest bracket.
  const bias = new Float32Array(centers.numRows);
  for (let center = 0; center < centers.numRows; center++)
    for (const value of rowOf(centers, center)) bias[center]! -= value ** 2 / 2;
  const items = tf.tensor2d(centers.values, [centers.numRows, centers.width]);
  const biases = tf.tensor1d(bias);
  try {
    return (await topItems(points, items, 1, { bias: biases })).columns;
  } finally {
    tf.dispose([items, biases]);
  }
}

/** Each next seed is a row drawn with the square of its distance to the nearest seed as its weight. */
function drawSeeds(rows: Table, k: number, random: RandomStream): Table {
  const chosen = new Int32Array(k);
  const distances = new Float64Array(rows.numRows).fill(Infinity);
  chosen[0] = random.nextInt(rows.numRows);
  for (let place = 1; place < k; place++) {
    const seed = rowOf(rows, chosen[place - 1]!);
    let total = 0;
    for (let row = 0; row < rows.numRows; row++) {
      const distance = squaredDistance(rows, row, seed);
      if (distance < distances[row]!) distances[row] = distance;
      total += distances[row]!;
    }
    // Without any distance left, all rows are among the seeds or equal to one, and any will do.
    chosen[place] = total > 0 ? drawByWeight(distances, total, random) : random.nextInt(rows.numRows);
  }
  return selectRows(rows, chosen);
}

function drawByWeight(weights: Float64Array, total: number, random: RandomStream): number {
  let rest = random.nextFloat() * total;
  let last = 0;
  for (let row = 0; row < weights.length; row++) {
    if (weights[row] === 0) continue;
    last = row;
    rest -= weights[row]!;
    if (rest < 0) break;
  }
  return last;
}

async function iterate(
  rows: Table,
  points: tf.Tensor2D,
  seeds: Table,
  spherical: boolean,
  maxIterations: number,
): Promise<KMeans> {
  const distances = new Float64Array(rows.numRows);
  const rest = nowAndThen(letEventsIn);
  let centers = seeds;
  let inertia = Infinity;
  for (let iteration = 1; ; iteration++) {
    const labels = await nearestCenters(points, centers);
    let sum = 0;
    for (let row = 0; row < rows.numRows; row++) {
      distances[row] = squaredDistance(rows, row, rowOf(centers, labels[row]!));
      sum += distances[row]!;
    }
    const sizes = sizesOf(labels, centers.numRows);
    const isSettled = !(sum < inertia * (1 - TOLERANCE)) && !sizes.includes(0);
    if (isSettled || sum === 0 || iteration >= maxIterations)
      return { labels, centers, sizes, inertia: sum, iterations: iteration };
    inertia = sum;
    await rest();
    centers = centersOf(rows, labels, sizes, distances, spherical);
  }
}

function sizesOf(labels: Int32Array, k: number): Int32Array {
  const sizes = new Int32Array(k);
  for (const label of labels) sizes[label]!++;
  return sizes;
}

function centersOf(
  rows: Table,
  labels: Int32Array,
  sizes: Int32Array,
  distances: Float64Array,
  spherical: boolean,
): Table {
  const { width } = rows;
  const sums = new Float64Array(sizes.length * width);
  for (let row = 0; row < rows.numRows; row++) {
    const start = labels[row]! * width;
    for (let axis = 0; axis < width; axis++) sums[start + axis]! += rows.values[row * width + axis]!;
  }
  const values = new Float32Array(sums.length);
  for (let center = 0; center < sizes.length; center++) {
    if (sizes[center] === 0) {
      const farthest = distances.indexOf(distances.reduce((most, distance) => Math.max(most, distance), 0));
      values.set(rowOf(rows, farthest), center * width);
      // The next empty cluster takes another row.
      distances[farthest] = 0;
    } else {
      for (let axis = 0; axis < width; axis++)
        values[center * width + axis] = sums[center * width + axis]! / sizes[center]!;
    }
  }
  const centers = { values, numRows: sizes.length, width };
  return spherical ? normalizeRows(centers) : centers;
}

function squaredDistance({ values, width }: Table, row: number, vector: Float32Array): number {
  const start = row * width;
  let sum = 0;
  for (let axis = 0; axis < width; axis++) {
    const difference = values[start + axis]! - vector[axis]!;
    sum += difference * difference;
  }
  return sum;
}
