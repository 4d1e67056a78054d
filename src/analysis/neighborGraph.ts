import { STREAMS } from '../compute/randomStreams';
import * as tf from '@tensorflow/tfjs-core';
import { RandomStream } from '../compute/random';
import { nearestNeighbors, topItems } from '../compute/ranking';
import { kMeans, nearestCenters } from './kMeans';
import { normalizeRows, requireFinite, selectRows, type Table } from './table';

/** The nearest others of each row. */
export interface NeighborGraph {
  numRows: number;
  /** Neighbors per row: fewer than asked for where there are not so many rows. */
  k: number;
  /** `[numRows, k]`, nearest first. */
  rows: Int32Array;
  /** `[numRows, k]`: the Euclidean distance, or 1 − cosine. */
  distances: Float32Array;
  /** The share of the true neighbors that were found: 1 when all were compared, else measured on a random sample of rows. */
  recall: number;
}

export interface NeighborGraphOptions {
  metric: 'cosine' | 'euclidean';
  seed: number;
  /** Tables of up to so many rows are searched exactly. 20,000 if left out. */
  exactUpTo?: number;
  /** Called between pieces of work, of which none takes long. The search ends early when it resolves with false. */
  onProgress?: (share: number) => Promise<boolean>;
}

/** Rows compared with all others before `onProgress` is called again. */
const BLOCK_ROWS = 4096;
/** Lists that are searched for the rows of a list, itself included. */
const SEARCHED_LISTS = 24;
/** Rows that the lists' centers are made from, for each center. */
const SAMPLE_PER_LIST = 40;
/** Rows whose true neighbors are computed, to know how many were found. */
const RECALL_SAMPLE = 500;
/** A refinement that finds less than this is followed by another, up to so many. */
const WANTED_RECALL = 0.98;
const MAX_REFINEMENTS = 3;
/** Vectors without any order, as before training, hide their neighbors from such a search: it is given up below this. */
const MIN_RECALL = 0.8;
/** In tables of up to so many rows all are compared after all, where it was given up; larger ones keep what was found. */
const EXACT_AFTER_ALL = 150_000;

/**
 * The k nearest other rows of each row. Exact up to a number of rows; above it, rows are divided into √n lists by k-means,
 * those of each list are compared with the rows of the nearest lists on the engine in use (an inverted file: Jégou et al.,
 * "Product quantization for nearest neighbor search", 2011, without the quantization), and neighbors of neighbors are
 * tried afterwards (Dong et al., "Efficient k-nearest neighbor graph construction", 2011). Where that finds too little, all
 * are compared.
 * @returns null when `onProgress` ended the search
 * @throws AnalysisError (`analysis/not-finite`)
 */
export async function neighborGraph(
  table: Table,
  numNeighbors: number,
  options: NeighborGraphOptions,
): Promise<NeighborGraph | null> {
  requireFinite(table);
  const { metric, exactUpTo = 20_000, onProgress = () => Promise.resolve(true) } = options;
  const k = Math.max(0, Math.min(numNeighbors, table.numRows - 1));
  // Directions order by distance as by cosine, so everything below knows distances only.
  const rows = metric === 'cosine' ? normalizeRows(table) : table;
  const graph =
    table.numRows <= exactUpTo || k === 0
      ? await searchAll(rows, k, onProgress)
      : await searchLists(rows, k, options.seed, onProgress);
  // |x − y|² = 2 − 2·cos for vectors of length 1.
  if (graph !== null && metric === 'cosine')
    graph.distances.forEach((distance, index) => (graph.distances[index] = distance ** 2 / 2));
  return graph;
}

async function searchAll(
  table: Table,
  k: number,
  onProgress: (share: number) => Promise<boolean>,
): Promise<NeighborGraph | null> {
  const { numRows, width } = table;
  const graph = emptyGraph(numRows, k);
  if (k === 0) return graph;
  const points = tf.tensor2d(table.values, [numRows, width]);
  try {
    for (let start = 0; start < numRows; start += BLOCK_ROWS) {
      if (!(await onProgress(start / numRows))) return null;
      const queries = Int32Array.from(
        { length: Math.min(BLOCK_ROWS, numRows - start) },
        (_, index) => start + index,
      );
      const { columns, scores } = await nearestNeighbors(points, k, 'euclidean', queries);
      graph.rows.set(columns, start * k);
      graph.distances.set(scores, start * k);
    }
    return graph;
  } finally {
    points.dispose();
  }
}

async function searchLists(
  table: Table,
  k: number,
  seed: number,
  onProgress: (share: number) => Promise<boolean>,
): Promise<NeighborGraph | null> {
  const { numRows, width } = table;
  const random = new RandomStream(seed, STREAMS.neighborGraph);
  const order = Uint32Array.from({ length: numRows }, (_, row) => row);
  random.shuffle(order);
  const points = tf.tensor2d(table.values, [numRows, width]);
  try {
    const numLists = Math.round(Math.sqrt(numRows));
    const sample = selectRows(table, order.subarray(0, numLists * SAMPLE_PER_LIST));
    const { centers } = await kMeans(sample, numLists, { seed, starts: 1, maxIterations: 8 });
    if (!(await onProgress(0.1))) return null;
    const lists = divide(table, await nearestCenters(points, centers), numLists);
    const graph = emptyGraph(numRows, k);
    if (!(await searchNearLists(table, lists, centers, graph, onProgress))) return null;

    const asked = Int32Array.from(order.subarray(0, RECALL_SAMPLE)).sort();
    const truth = (await nearestNeighbors(points, k, 'euclidean', asked)).scores;
    graph.recall = recallOf(graph, asked, truth);
    for (let pass = 0; pass < MAX_REFINEMENTS && graph.recall < WANTED_RECALL; pass++) {
      for (let start = 0; start < numRows; start += BLOCK_ROWS) {
        const share = 0.7 + (0.3 * (pass + start / numRows)) / MAX_REFINEMENTS;
        if (!(await onProgress(share))) return null;
        refine(table, graph, start, Math.min(numRows, start + BLOCK_ROWS));
      }
      graph.recall = recallOf(graph, asked, truth);
      if (graph.recall < MIN_RECALL && numRows <= EXACT_AFTER_ALL)
        return await searchAll(table, k, (share) => onProgress(0.8 + 0.2 * share));
    }
    return graph;
  } finally {
    points.dispose();
  }
}

function emptyGraph(numRows: number, k: number): NeighborGraph {
  const [rows, distances] = [new Int32Array(numRows * k), new Float32Array(numRows * k)];
  return { numRows, k, rows: rows.fill(-1), distances: distances.fill(Infinity), recall: 1 };
}

/** Rows by list: list l's are `rows[offsets[l]]` to `rows[offsets[l + 1] − 1]`, and `values` holds their vectors in this order. */
interface Lists {
  offsets: Int32Array;
  rows: Int32Array;
  values: Float32Array;
}

function divide(table: Table, labels: Int32Array, numLists: number): Lists {
  const offsets = new Int32Array(numLists + 1);
  for (const label of labels) offsets[label + 1]!++;
  for (let list = 0; list < numLists; list++) offsets[list + 1]! += offsets[list]!;
  const rows = new Int32Array(labels.length);
  const next = offsets.slice();
  labels.forEach((label, row) => (rows[next[label]!++] = row));
  return { offsets, rows, values: selectRows(table, rows).values };
}

/** @returns whether it came to its end */
async function searchNearLists(
  { width }: Table,
  { offsets, rows, values }: Lists,
  centers: Table,
  graph: NeighborGraph,
  onProgress: (share: number) => Promise<boolean>,
): Promise<boolean> {
  const { k } = graph;
  const numLists = centers.numRows;
  const near = await nearListsOf(centers, k, offsets);
  for (let list = 0; list < numLists; list++) {
    if (!(await onProgress(0.1 + (0.6 * list) / numLists))) return false;
    const searched = near[list]!;
    const candidates = searched.reduce((sum, other) => sum + offsets[other + 1]! - offsets[other]!, 0);
    const [from, to] = [offsets[list]!, offsets[list + 1]!];
    if (from === to) continue;
    // The list's own rows come first, so that row r of the queries is candidate r.
    const names = new Int32Array(candidates);
    const vectors = new Float32Array(candidates * width);
    let place = 0;
    for (const other of searched) {
      const [begin, end] = [offsets[other]!, offsets[other + 1]!];
      names.set(rows.subarray(begin, end), place);
      vectors.set(values.subarray(begin * width, end * width), place * width);
      place += end - begin;
    }
    const queries = values.subarray(from * width, to * width);
    const found = await nearestCandidates(queries, vectors, width, k);
    for (let query = 0; query < to - from; query++) {
      const row = rows[from + query]!;
      for (let rank = 0; rank < k; rank++) {
        const candidate = found[query * k + rank]!;
        if (candidate < 0) continue;
        const distance = distanceBetween(queries, query, vectors, candidate, width);
        insert(graph, row, names[candidate]!, distance);
      }
    }
  }
  return true;
}

/** For each list the nearest lists by their centers, itself first, and more of them where they hold too few rows. */
async function nearListsOf(centers: Table, k: number, offsets: Int32Array): Promise<number[][]> {
  const numLists = centers.numRows;
  const points = tf.tensor2d(centers.values, [numLists, centers.width]);
  const { columns } = await nearestNeighbors(points, numLists - 1, 'euclidean');
  points.dispose();
  return Array.from({ length: numLists }, (_, list) => {
    const searched = [list];
    let candidates = offsets[list + 1]! - offsets[list]!;
    for (let rank = 0; rank < numLists - 1; rank++) {
      if (searched.length >= SEARCHED_LISTS && candidates > k) break;
      const other = columns[list * (numLists - 1) + rank]!;
      if (other < 0) break;
      candidates += offsets[other + 1]! - offsets[other]!;
      searched.push(other);
    }
    return searched;
  });
}

/** The k nearest candidates of each query, `[queries, k]`. Query r is candidate r, which it does not list. */
async function nearestCandidates(
  queries: Float32Array,
  vectors: Float32Array,
  width: number,
  k: number,
): Promise<Int32Array> {
  const numQueries = queries.length / width;
  const numCandidates = vectors.length / width;
  const own = Int32Array.from({ length: numQueries }, (_, query) => query);
  const itself = { offsets: Int32Array.from({ length: numQueries + 1 }, (_, query) => query), columns: own };
  const tensors = tf.tidy(() => {
    const items = tf.tensor2d(vectors, [numCandidates, width]);
    const states = tf.tensor2d(queries, [numQueries, width]);
    // Fewer digits are lost to what all vectors have in common when it is taken out.
    const mean = tf.mean(items, 0);
    const centered = tf.sub<tf.Tensor2D>(items, mean);
    const bias = tf.mul<tf.Tensor1D>(tf.sum(tf.square(centered), 1), -0.5);
    return { states: tf.sub<tf.Tensor2D>(states, mean), items: centered, bias };
  });
  try {
    const { states, items, bias } = tensors;
    return (await topItems(states, items, k, { bias, excluded: itself })).columns;
  } finally {
    tf.dispose(Object.values(tensors));
  }
}

function distanceBetween(a: Float32Array, i: number, b: Float32Array, j: number, width: number): number {
  const [start, other] = [i * width, j * width];
  let sum = 0;
  for (let axis = 0; axis < width; axis++) {
    const difference = a[start + axis]! - b[other + axis]!;
    sum += difference * difference;
  }
  return Math.sqrt(sum);
}

/** Puts a neighbor into a row's list if it is near enough and not there yet. */
function insert({ k, rows, distances }: NeighborGraph, row: number, other: number, distance: number): void {
  const start = row * k;
  const end = start + k;
  // In float32, as those that it is compared with.
  const rounded = Math.fround(distance);
  if (!(rounded < distances[end - 1]!)) return;
  for (let place = start; place < end; place++) if (rows[place] === other) return;
  let place = end - 1;
  for (; place > start && rounded < distances[place - 1]!; place--) {
    distances[place] = distances[place - 1]!;
    rows[place] = rows[place - 1]!;
  }
  distances[place] = rounded;
  rows[place] = other;
}

/** Tries the neighbors of each row's neighbors, for both. */
function refine({ values, width }: Table, graph: NeighborGraph, from: number, to: number): void {
  const { k, rows, distances } = graph;
  const tried = new Int32Array(k * k);
  for (let row = from; row < to; row++) {
    // The list changes meanwhile, so that what to try is noted first.
    let count = 0;
    for (let place = row * k; place < (row + 1) * k; place++) {
      const near = rows[place]!;
      if (near < 0) continue;
      for (let next = near * k; next < (near + 1) * k; next++) {
        const other = rows[next]!;
        if (other >= 0 && other !== row) tried[count++] = other;
      }
    }
    for (let index = 0; index < count; index++) {
      const other = tried[index]!;
      const limit = Math.max(distances[(row + 1) * k - 1]!, distances[(other + 1) * k - 1]!);
      const distance = distanceBetween(values, row, values, other, width);
      if (distance >= limit) continue;
      insert(graph, row, other, distance);
      insert(graph, other, row, distance);
    }
  }
}

/** The share of listed neighbors that are as near as the k-th true one, so that ties count as found. */
function recallOf({ k, distances }: NeighborGraph, asked: Int32Array, truth: Float32Array): number {
  let found = 0;
  asked.forEach((row, place) => {
    const farthest = truth[place * k + k - 1]! * (1 + 1e-5);
    for (let rank = 0; rank < k; rank++) if (distances[row * k + rank]! <= farthest) found++;
  });
  return found / (asked.length * k);
}
