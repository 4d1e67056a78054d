import { STREAMS } from '../compute/randomStreams';
import { RandomStream } from '../compute/random';
import { letEventsIn, nowAndThen } from '../protocol/letEventsIn';
import { AnalysisError } from './analysisError';
import { fuzzyGraph } from './fuzzyGraph';
import { neighborGraph, type NeighborGraph } from './neighborGraph';
import { pca, projectRows } from './pca';
import { normalizeRows, type Table } from './table';
import { UmapLayout } from './umapLayout';

export interface UmapOptions {
  seed: number;
  metric: 'cosine' | 'euclidean';
  /** 2 if left out. */
  dimensions?: 2 | 3;
  /** Size of a neighborhood, the row itself included, as other implementations count it. 15 if left out. */
  numNeighbors?: number;
  /** How near to each other points may be drawn. 0.1 if left out. */
  minDistance?: number;
  /** The scale of the layout. 1 if left out. */
  spread?: number;
  /** 500 for up to 10,000 rows and 200 for more, if left out. */
  epochs?: number;
  /** 5 if left out. */
  negativeSamples?: number;
  /** 1 if left out. */
  learningRate?: number;
  /** Where the points begin, in any scale; the first principal components if left out. */
  initial?: Table;
  /** Tables of up to so many rows have their neighbors searched exactly. 20,000 if left out. */
  exactUpTo?: number;
  /** Neighbors that are known already, as a result has them. */
  neighbors?: NeighborGraph;
}

/** What a caller does meanwhile. It may wait: the next piece of work begins when it is done. */
export interface UmapHooks {
  /** How much of the search for neighbors is done. */
  onNeighbors?: (share: number) => void | Promise<void>;
  /** After each epoch, counted from 1. The layout belongs to UMAP and changes afterwards: copy what is kept. */
  onProgress?: (epoch: number, layout: Table, epochs: number) => void | Promise<void>;
  /** Asked after each piece of work. Events of the process are let in several times a second. */
  shouldStop?: () => boolean;
}

export interface Umap {
  /** `[numRows, dimensions]` */
  layout: Table;
  /** Epochs that are done: fewer than wanted after a stop. */
  epochs: number;
  /** Null when it was stopped before they were known. */
  neighbors: NeighborGraph | null;
  /** Seconds of wall clock. */
  seconds: { neighbors: number; graph: number; layout: number };
}

const MIN_EPOCHS = 200;
const EPOCHS_OF_SMALL_TABLES = 500;
const SMALL_TABLE = 10_000;
/** The initial layout reaches so far from 0. */
const INITIAL_EXTENT = 10;
/** Share of the extent that initial points are moved at random, so that equal rows come apart. */
const INITIAL_NOISE = 1e-5;

/**
 * Uniform manifold approximation and projection (McInnes et al., 2018, arXiv 1802.03426): lays a table's rows out in two or
 * three dimensions so that neighbors stay neighbors. The same input gives the same bits on one engine with one number of
 * threads; everything but the search for neighbors runs on one thread.
 * @throws AnalysisError (`analysis/not-finite`, `analysis/shape`)
 */
export async function umap(table: Table, options: UmapOptions, hooks: UmapHooks = {}): Promise<Umap> {
  const { seed, metric, dimensions = 2, numNeighbors = 15 } = options;
  const { onNeighbors, onProgress, shouldStop = () => false } = hooks;
  const rest = nowAndThen(letEventsIn);
  const seconds = { neighbors: 0, graph: 0, layout: 0 };
  let since = performance.now();
  const lap = (part: keyof typeof seconds): void => {
    seconds[part] = (performance.now() - since) / 1000;
    since = performance.now();
  };

  const initial = initialLayout(table, options, dimensions);
  const neighbors =
    options.neighbors ??
    (await neighborGraph(table, numNeighbors - 1, {
      metric,
      seed,
      ...(options.exactUpTo !== undefined && { exactUpTo: options.exactUpTo }),
      onProgress: async (share) => {
        await onNeighbors?.(share);
        await rest();
        return !shouldStop();
      },
    }));
  lap('neighbors');
  if (neighbors === null) return { layout: initial, epochs: 0, neighbors, seconds };
  if (neighbors.numRows !== table.numRows) {
    throw new AnalysisError(
      'analysis/shape',
      `The neighbors are of ${neighbors.numRows} rows, where the table has ${table.numRows}.`,
    );
  }

  const epochs = options.epochs ?? (table.numRows <= SMALL_TABLE ? EPOCHS_OF_SMALL_TABLES : MIN_EPOCHS);
  const descent = new UmapLayout(fuzzyGraph(neighbors), initial, {
    epochs,
    seed,
    minDistance: options.minDistance ?? 0.1,
    spread: options.spread ?? 1,
    negativeSamples: options.negativeSamples ?? 5,
    learningRate: options.learningRate ?? 1,
  });
  lap('graph');
  while (descent.epoch < epochs && !shouldStop()) {
    descent.step();
    await onProgress?.(descent.epoch, descent.layout, epochs);
    await rest();
  }
  lap('layout');
  return { layout: descent.layout, epochs: descent.epoch, neighbors, seconds };
}

/** Where the points begin: centered, scaled to the usual extent, and a little apart. */
function initialLayout(table: Table, { initial, metric, seed }: UmapOptions, dimensions: 2 | 3): Table {
  if (initial !== undefined && (initial.numRows !== table.numRows || initial.width !== dimensions)) {
    throw new AnalysisError(
      'analysis/shape',
      `The initial layout is ${initial.numRows} × ${initial.width}, where ${table.numRows} × ${dimensions} is expected.`,
    );
  }
  const { values, numRows, width } =
    initial ?? principal(metric === 'cosine' ? normalizeRows(table) : table, dimensions);
  let extent = 0;
  for (const value of values) extent = Math.max(extent, Math.abs(value));
  const scale = extent > 0 ? INITIAL_EXTENT / extent : 0;
  const random = new RandomStream(seed, STREAMS.umapNoise);
  const laidOut = new Float32Array(numRows * dimensions);
  for (let row = 0; row < numRows; row++) {
    for (let axis = 0; axis < dimensions; axis++) {
      const value = axis < width ? scale * values[row * width + axis]! : 0;
      laidOut[row * dimensions + axis] = value + INITIAL_EXTENT * INITIAL_NOISE * random.nextNormal();
    }
  }
  return { values: laidOut, numRows, width: dimensions };
}

/** The first principal components, fewer than there are dimensions where the table has no more columns. */
function principal(table: Table, dimensions: number): Table {
  const count = Math.min(dimensions, table.width);
  return projectRows(
    table,
    pca(table),
    Array.from({ length: count }, (_, component) => component),
  );
}
