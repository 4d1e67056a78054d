import * as tf from '@tensorflow/tfjs-core';
import { fused } from './fused';
import { rowwiseScores } from './layers/losses';

/** Some candidates of each row: row r's are `columns[offsets[r]]` to `columns[offsets[r + 1] - 1]`. */
export interface RowColumns {
  /** One more than there are rows, ascending from 0. */
  offsets: Int32Array;
  columns: Int32Array;
}

/** Candidates that each row must not count, in any order; they may repeat. */
export type Exclusions = RowColumns;

/** The best candidates of each row, row-major and best first. Places that no candidate takes have column −1. */
export interface TopItems {
  columns: Int32Array;
  /** −Infinity in places that no candidate takes. */
  scores: Float32Array;
}

/** How many candidates lie above each target and how many are level with it. */
export interface TargetRanks {
  greater: Int32Array;
  equal: Int32Array;
}

/** Scores that a block of rows may have at once. */
const BLOCK_SCORES = 2 ** 22;

/**
 * The k candidates of the highest score S·Cᵀ + bias for each row. Ties go to the lower column. A score of NaN or −Infinity
 * is never listed.
 * @param states S, `[R, d]`
 * @param items C, `[N, d]`
 * @param options bias `[N]`; candidates that each row must not list
 */
export async function topItems(
  states: tf.Tensor2D,
  items: tf.Tensor2D,
  k: number,
  options: { bias?: tf.Tensor1D; excluded?: Exclusions } = {},
): Promise<TopItems> {
  const { bias, excluded } = options;
  const outputs = tf.tidy(() => {
    const exclusions = exclusionTensors(excluded, states.shape[0]);
    return fused('TopItems', { states, items, ...(bias && { bias }), ...exclusions }, { k }) ?? [];
  });
  if (outputs.length > 0) {
    const [columns, scores] = await read(outputs);
    return { columns: columns as Int32Array, scores: scores as Float32Array };
  }
  return plainTopItems(states, items, k, bias, excluded);
}

async function plainTopItems(
  states: tf.Tensor2D,
  items: tf.Tensor2D,
  k: number,
  bias: tf.Tensor1D | undefined,
  excluded: Exclusions | undefined,
): Promise<TopItems> {
  const columns = new Int32Array(states.shape[0] * k).fill(-1);
  const scores = new Float32Array(states.shape[0] * k).fill(-Infinity);
  await forEachRow(states, items, bias, (row, rowScores) => {
    for (const column of excludedColumns(excluded, row)) rowScores[column] = -Infinity;
    insertBest(rowScores, columns.subarray(row * k, (row + 1) * k), scores.subarray(row * k, (row + 1) * k));
  });
  return { columns, scores };
}

/**
 * Puts the best of a row's scores, as many as there are places, into lists that hold column −1 and −Infinity everywhere.
 * Ties go to the lower column; NaN and −Infinity are never listed.
 */
export function insertBest(rowScores: Float32Array, columns: Int32Array, scores: Float32Array): void {
  const last = scores.length - 1;
  for (let column = 0; column < rowScores.length; column++) {
    const score = rowScores[column]!;
    if (!(score > scores[last]!)) continue;
    let place = last;
    for (; place > 0 && score > scores[place - 1]!; place--) {
      scores[place] = scores[place - 1]!;
      columns[place] = columns[place - 1]!;
    }
    scores[place] = score;
    columns[place] = column;
  }
}

/**
 * Where each row's targets stand among the candidates by score S·Cᵀ. A target itself is not counted, nor are the excluded;
 * a target is ranked even if it is excluded. NaN is below every number; a target without a score of its own (NaN or −∞) is
 * below all other candidates, as in `rankOf`.
 * @param states S, `[R, d]`
 * @param items C, `[N, d]`
 * @param targets candidates of each row, none of which its exclusions have where it has several
 * @returns a number for each target
 */
export async function targetRanks(
  states: tf.Tensor2D,
  items: tf.Tensor2D,
  targets: RowColumns,
  excluded?: Exclusions,
): Promise<TargetRanks> {
  const { offsets, columns } = targets;
  if (columns.length === 0) return { greater: new Int32Array(), equal: new Int32Array() };
  const outputs = tf.tidy(() => {
    const exclusions = exclusionTensors(excluded, states.shape[0]);
    const targetTensors = {
      targetOffsets: tf.tensor1d(offsets, 'int32'),
      targets: tf.tensor1d(columns, 'int32'),
    };
    return fused('TargetRanks', { states, items, ...targetTensors, ...exclusions }) ?? [];
  });
  if (outputs.length === 0) return plainTargetRanks(states, items, targets, excluded);
  const [greater, equal] = (await read(outputs)) as Int32Array[];
  const rows = rowsOf(targets);
  const scores = await ownScores(states, items, targets, rows);
  scores.forEach((own, target) => {
    if (own > -Infinity) return;
    const left = excludedColumns(excluded, rows[target]!);
    greater![target] = numOthers(items.shape[0], columns[target]!, left);
    equal![target] = 0;
  });
  return { greater: greater!, equal: equal! };
}

/** The row of each column. */
function rowsOf({ offsets, columns }: RowColumns): Int32Array {
  const rows = new Int32Array(columns.length);
  for (let row = 0; row + 1 < offsets.length; row++) rows.fill(row, offsets[row], offsets[row + 1]);
  return rows;
}

/** The score of each target. */
async function ownScores(
  states: tf.Tensor2D,
  items: tf.Tensor2D,
  { offsets, columns }: RowColumns,
  rows: Int32Array,
): Promise<Float32Array> {
  const most = Math.max(...offsets.subarray(1).map((end, row) => end - offsets[row]!));
  const padded = new Int32Array(states.shape[0] * most);
  columns.forEach((column, target) => {
    const row = rows[target]!;
    padded[row * most + target - offsets[row]!] = column;
  });
  const products = tf.tidy(() =>
    rowwiseScores(states, items, tf.tensor2d(padded, [states.shape[0], most], 'int32')),
  );
  const [scores] = await read([products]);
  return Float32Array.from(columns, (_, target) => {
    const row = rows[target]!;
    return scores![row * most + target - offsets[row]!]!;
  });
}

/** Candidates that a target is ranked against. */
function numOthers(numItems: number, target: number, excluded: Int32Array): number {
  const left = new Set(excluded);
  left.delete(target);
  return numItems - left.size - 1;
}

async function plainTargetRanks(
  states: tf.Tensor2D,
  items: tf.Tensor2D,
  { offsets, columns }: RowColumns,
  excluded: Exclusions | undefined,
): Promise<TargetRanks> {
  const greater = new Int32Array(columns.length);
  const equal = new Int32Array(columns.length);
  await forEachRow(states, items, undefined, (row, rowScores) => {
    const left = excludedColumns(excluded, row);
    const own = columns.subarray(offsets[row], offsets[row + 1]);
    const scores = Float32Array.from(own, (column) => rowScores[column]!);
    // −Infinity is neither above a number nor level with it.
    for (const column of left) rowScores[column] = -Infinity;
    own.forEach((column, place) => {
      const target = offsets[row]! + place;
      const score = scores[place]!;
      if (!(score > -Infinity)) {
        greater[target] = numOthers(rowScores.length, column, left);
        return;
      }
      const kept = rowScores[column]!;
      rowScores[column] = -Infinity;
      for (const other of rowScores) {
        if (other > score) greater[target]!++;
        else if (other === score) equal[target]!++;
      }
      rowScores[column] = kept;
    });
  });
  return { greater, equal };
}

export type NeighborMetric = 'cosine' | 'dot' | 'euclidean';

/**
 * The k nearest other points of each point, nearest first; ties go to the lower index.
 * @param points `[N, d]`
 * @param queries which points to look from; all if left out
 * @returns `scores` holds the cosine, the product, or for `euclidean` the distance (Infinity in places that no point takes)
 */
export async function nearestNeighbors(
  points: tf.Tensor2D,
  k: number,
  metric: NeighborMetric,
  queries: Int32Array = Int32Array.from({ length: points.shape[0] }, (_, index) => index),
): Promise<TopItems> {
  const { states, items, bias } = tf.tidy(() => {
    const items = comparable(points, metric);
    const states: tf.Tensor2D = tf.gather(items, tf.tensor1d(queries, 'int32'));
    if (metric !== 'euclidean') return { states, items };
    // |x − y|² = |x|² − (2x·y − |y|²), so the nearest have the largest bracket.
    return {
      states: tf.mul<tf.Tensor2D>(states, 2),
      items,
      bias: tf.neg<tf.Tensor1D>(tf.sum(tf.square(items), 1)),
    };
  });
  const itself = {
    offsets: Int32Array.from({ length: queries.length + 1 }, (_, row) => row),
    columns: queries,
  };
  try {
    const nearest = await topItems(states, items, k, { ...(bias && { bias }), excluded: itself });
    return metric === 'euclidean' ? await withDistances(points, queries, nearest) : nearest;
  } finally {
    tf.dispose([states, items, bias ?? []]);
  }
}

/** The points in the form in which their products tell how near they are. */
function comparable(points: tf.Tensor2D, metric: NeighborMetric): tf.Tensor2D {
  switch (metric) {
    case 'dot':
      return tf.clone(points);
    case 'cosine': {
      const length = tf.sqrt(tf.sum(tf.square(points), 1, true));
      return tf.divNoNan(points, length);
    }
    case 'euclidean':
      // Distances stay the same, and fewer digits are lost to what all points have in common.
      return tf.sub(points, tf.mean(points, 0));
  }
}

/** Replaces the scores by distances, from the points themselves: the difference of large squares would be inexact. */
async function withDistances(points: tf.Tensor2D, queries: Int32Array, nearest: TopItems): Promise<TopItems> {
  const values = await points.data();
  const width = points.shape[1];
  const distance = (a: number, b: number): number => {
    let sum = 0;
    for (let axis = 0; axis < width; axis++)
      sum += (values[a * width + axis]! - values[b * width + axis]!) ** 2;
    return Math.sqrt(sum);
  };
  const k = nearest.columns.length / queries.length;
  const columns = new Int32Array(nearest.columns.length).fill(-1);
  const scores = new Float32Array(nearest.scores.length).fill(Infinity);
  queries.forEach((query, row) => {
    const found = [...nearest.columns.subarray(row * k, (row + 1) * k)]
      .filter((column) => column >= 0)
      .map((column) => ({ column, distance: distance(query, column) }))
      .sort((a, b) => a.distance - b.distance || a.column - b.column);
    found.forEach((neighbor, place) => {
      columns[row * k + place] = neighbor.column;
      scores[row * k + place] = neighbor.distance;
    });
  });
  return { columns, scores };
}

/** Calls `visit` with the scores of each row, which it may change. Never makes the whole matrix. */
async function forEachRow(
  states: tf.Tensor2D,
  items: tf.Tensor2D,
  bias: tf.Tensor1D | undefined,
  visit: (row: number, scores: Float32Array) => void,
): Promise<void> {
  const [numRows, numItems] = [states.shape[0], items.shape[0]];
  const blockRows = Math.max(1, Math.floor(BLOCK_SCORES / numItems));
  for (let start = 0; start < numRows; start += blockRows) {
    const rows = Math.min(blockRows, numRows - start);
    const block = tf.tidy(() => {
      const scores = tf.matMul(tf.slice(states, [start, 0], [rows, -1]), items, false, true);
      return bias === undefined ? scores : tf.add(scores, bias);
    });
    // A copy: an engine may hand out its own memory, and `visit` may write.
    const scores = Float32Array.from(await block.data());
    block.dispose();
    for (let row = 0; row < rows; row++)
      visit(start + row, scores.subarray(row * numItems, (row + 1) * numItems));
  }
}

function excludedColumns(excluded: Exclusions | undefined, row: number): Int32Array {
  if (excluded === undefined) return new Int32Array(0);
  return excluded.columns.subarray(excluded.offsets[row], excluded.offsets[row + 1]);
}

function exclusionTensors(excluded: Exclusions | undefined, numRows: number): Record<string, tf.Tensor> {
  return {
    excludedOffsets: tf.tensor1d(excluded?.offsets ?? new Int32Array(numRows + 1), 'int32'),
    excludedColumns: tf.tensor1d(excluded?.columns ?? new Int32Array(0), 'int32'),
  };
}

/** The values of a kernel's outputs, which are disposed. */
async function read(outputs: tf.Tensor[]): Promise<tf.TypedArray[]> {
  const values = await Promise.all(outputs.map(async (output) => (await output.data()).slice()));
  tf.dispose(outputs);
  return values;
}
