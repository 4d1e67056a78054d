import { STREAMS } from '../compute/randomStreams';
import { RandomStream } from '../compute/random';
import { AnalysisError } from './analysisError';
import { pca } from './pca';
import { requireFinite, rowOf, type Table } from './table';

export interface EmbeddingStatistics {
  /** The length of each row. */
  norms: Float32Array;
  meanNorm: number;
  /** Rank correlation (Spearman) of norm and popularity, from −1 to 1; null where there is no popularity or no variation. */
  normByPopularity: number | null;
  /**
   * Mean cosine of pairs of different rows, drawn at random: 0 where directions are spread evenly, 1 where all rows point
   * the same way (Ethayarajh, "How contextual are contextualized word representations?", 2019).
   */
  meanCosine: number;
  /** Shares of the variance along the principal components, largest first. */
  varianceShares: Float64Array;
  /** How many directions the rows use in effect: (Σλ)² / Σλ², from 1 to the width; 0 when nothing varies. */
  effectiveDimensions: number;
  /** Rows that are zero, or next to it beside the others. */
  zeroRows: Int32Array;
  /** Rows that are as they were before training; null when that is not known. */
  unmovedRows: Int32Array | null;
  /** Rows that are equal bit for bit, each group ascending, in the order of their first rows. Rows of zeros are not among them. */
  duplicates: Int32Array[];
}

export interface EmbeddingStatisticsOptions {
  seed: number;
  /** How often each row's thing occurs in training. */
  popularity?: ArrayLike<number>;
  /** The table before training. */
  initial?: Table;
  /** Pairs of rows that the mean cosine is taken from. 20,000 if left out. */
  pairs?: number;
}

/** A row counts as zero below this share of the median norm. */
const ZERO_NORM = 1e-6;

/**
 * What is worth knowing about a table of embeddings before trusting it.
 * @throws AnalysisError (`analysis/not-finite`, `analysis/shape`)
 */
export function embeddingStatistics(table: Table, options: EmbeddingStatisticsOptions): EmbeddingStatistics {
  const { popularity, initial, seed, pairs = 20_000 } = options;
  for (const [name, rows] of [
    ['popularity', popularity?.length],
    ['initial table', initial?.numRows],
  ] as const) {
    if (rows !== undefined && rows !== table.numRows) {
      throw new AnalysisError(
        'analysis/shape',
        `The ${name} is of ${rows} rows, where the table has ${table.numRows}.`,
      );
    }
  }
  requireFinite(table);
  const norms = Float32Array.from({ length: table.numRows }, (_, row) => normOf(rowOf(table, row)));
  const least = ZERO_NORM * median(norms);
  const zeroRows = rowsWhere(table.numRows, (row) => norms[row]! <= least);
  const { variances, shares } = pca(table);
  const [sum, squares] = variances.reduce(([a, b], value) => [a + value, b + value * value], [0, 0]);
  return {
    norms,
    meanNorm: norms.reduce((total, norm) => total + norm, 0) / Math.max(1, norms.length),
    normByPopularity: popularity === undefined ? null : spearman(norms, popularity),
    meanCosine: meanCosine(table, norms, pairs, new RandomStream(seed, STREAMS.statistics)),
    varianceShares: shares,
    effectiveDimensions: squares > 0 ? (sum * sum) / squares : 0,
    zeroRows,
    unmovedRows:
      initial === undefined ? null : rowsWhere(table.numRows, (row) => equalRows(table, row, initial, row)),
    duplicates: duplicatesOf(table),
  };
}

/**
 * Rank correlation (Spearman, 1904): Pearson's of the ranks, where ties share the mean of their places.
 * @returns null when one side does not vary
 */
export function spearman(a: ArrayLike<number>, b: ArrayLike<number>): number | null {
  const [x, y] = [ranksOf(a), ranksOf(b)];
  const mean = (x.length + 1) / 2;
  let [product, ownSquares, otherSquares] = [0, 0, 0];
  for (let index = 0; index < x.length; index++) {
    const [own, other] = [x[index]! - mean, y[index]! - mean];
    product += own * other;
    ownSquares += own * own;
    otherSquares += other * other;
  }
  return ownSquares === 0 || otherSquares === 0 ? null : product / Math.sqrt(ownSquares * otherSquares);
}

/** From 1, ascending. */
function ranksOf(values: ArrayLike<number>): Float64Array {
  const order = Uint32Array.from({ length: values.length }, (_, index) => index);
  order.sort((a, b) => values[a]! - values[b]!);
  const ranks = new Float64Array(values.length);
  for (let start = 0; start < order.length;) {
    let end = start + 1;
    while (end < order.length && values[order[end]!] === values[order[start]!]) end++;
    for (let place = start; place < end; place++) ranks[order[place]!] = (start + 1 + end) / 2;
    start = end;
  }
  return ranks;
}

function normOf(row: Float32Array): number {
  let squares = 0;
  for (const value of row) squares += value * value;
  return Math.sqrt(squares);
}

function median(values: Float32Array): number {
  return values.slice().sort()[Math.floor(values.length / 2)] ?? 0;
}

function rowsWhere(numRows: number, test: (row: number) => boolean): Int32Array {
  const rows: number[] = [];
  for (let row = 0; row < numRows; row++) if (test(row)) rows.push(row);
  return Int32Array.from(rows);
}

/** Pairs with a row of zeros, which has no direction, are drawn again; 0 where there is no pair. */
function meanCosine(table: Table, norms: Float32Array, pairs: number, random: RandomStream): number {
  const rows = rowsWhere(table.numRows, (row) => norms[row]! > 0);
  if (rows.length < 2) return 0;
  let sum = 0;
  for (let pair = 0; pair < pairs; pair++) {
    const first = random.nextInt(rows.length);
    // Any but the first.
    const second = (first + 1 + random.nextInt(rows.length - 1)) % rows.length;
    const [a, b] = [rows[first]!, rows[second]!];
    const [x, y] = [rowOf(table, a), rowOf(table, b)];
    let product = 0;
    for (let axis = 0; axis < table.width; axis++) product += x[axis]! * y[axis]!;
    sum += product / (norms[a]! * norms[b]!);
  }
  return sum / pairs;
}

function equalRows(a: Table, row: number, b: Table, other: number): boolean {
  const [x, y] = [rowOf(a, row), rowOf(b, other)];
  return x.length === y.length && x.every((value, axis) => value === y[axis]);
}

function duplicatesOf(table: Table): Int32Array[] {
  const groups = new Map<number, number[][]>();
  for (let row = 0; row < table.numRows; row++) {
    if (rowOf(table, row).every((value) => value === 0)) continue;
    const hash = hashOf(rowOf(table, row));
    const candidates = groups.get(hash);
    const group = candidates?.find(([first]) => equalRows(table, first!, table, row));
    if (group !== undefined) group.push(row);
    else if (candidates !== undefined) candidates.push([row]);
    else groups.set(hash, [[row]]);
  }
  return [...groups.values()]
    .flat()
    .filter(({ length }) => length > 1)
    .sort((a, b) => a[0]! - b[0]!)
    .map((rows) => Int32Array.from(rows));
}

/** The same for 0 and −0, which are equal (FNV-1a over words). */
function hashOf(row: Float32Array): number {
  const bits = new Int32Array(Float32Array.from(row, (value) => value + 0).buffer);
  let hash = 0x811c9dc5;
  for (const word of bits) hash = Math.imul(hash ^ word ^ (word >>> 15), 0x01000193);
  return hash;
}
