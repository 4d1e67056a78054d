import type { NeighborGraph } from './neighborGraph';

/** Weighted edges, each in both directions, by the row that they start from. */
export interface FuzzyGraph {
  numRows: number;
  /** One more than there are rows: row r's edges are `offsets[r]` to `offsets[r + 1] − 1`. */
  offsets: Int32Array;
  /** Where each edge ends; ascending within a row. */
  targets: Int32Array;
  /** From 0 to 1; the same in both directions. */
  weights: Float32Array;
}

/** How near Σ must come to log₂k, and how often to halve the interval at most. */
const TOLERANCE = 1e-5;
const MAX_HALVINGS = 64;
/** A kernel is no narrower than this share of the mean distance. */
const MIN_WIDTH_SHARE = 1e-3;

/**
 * How much each pair of neighbors belongs together (McInnes et al., "UMAP", 2018, arXiv 1802.03426, sections 3.1 and
 * 4.1): the nearest neighbor of a row fully, the others by exp(−(d − ρ)/σ) with ρ the least distance above 0 and σ such
 * that the weights add up to log₂(k + 1); k + 1 because the paper counts a row among its own neighbors. Both directions
 * of a pair are united as a + b − a·b.
 */
export function fuzzyGraph(graph: NeighborGraph): FuzzyGraph {
  const { numRows, k, rows } = graph;
  const strengths = strengthsOf(graph);

  // The same edges by where they end.
  const offsets = new Int32Array(numRows + 1);
  for (const target of rows) if (target >= 0) offsets[target + 1]!++;
  for (let row = 0; row < numRows; row++) offsets[row + 1]! += offsets[row]!;
  const incoming = new Int32Array(offsets[numRows]!);
  const next = offsets.slice();
  rows.forEach((target, place) => {
    if (target >= 0) incoming[next[target]!++] = place;
  });

  const capacity = 2 * incoming.length;
  const united = {
    numRows,
    offsets: new Int32Array(numRows + 1),
    targets: new Int32Array(capacity),
    weights: new Float32Array(capacity),
  };
  const weightTo = new Float64Array(numRows);
  let size = 0;
  for (let row = 0; row < numRows; row++) {
    const begin = size;
    for (let place = row * k; place < (row + 1) * k; place++) {
      const target = rows[place]!;
      if (target < 0 || strengths[place] === 0) continue;
      weightTo[target] = strengths[place]!;
      united.targets[size++] = target;
    }
    for (let index = offsets[row]!; index < offsets[row + 1]!; index++) {
      const place = incoming[index]!;
      const source = Math.floor(place / k);
      const [outward, inward] = [weightTo[source]!, strengths[place]!];
      if (inward === 0) continue;
      if (outward === 0) united.targets[size++] = source;
      weightTo[source] = outward + inward - outward * inward;
    }
    united.targets.subarray(begin, size).sort();
    for (let index = begin; index < size; index++) {
      const target = united.targets[index]!;
      united.weights[index] = weightTo[target]!;
      weightTo[target] = 0;
    }
    united.offsets[row + 1] = size;
  }
  united.targets = united.targets.slice(0, size);
  united.weights = united.weights.slice(0, size);
  return united;
}

/** The weights in one direction, `[numRows, k]`. */
function strengthsOf({ numRows, k, distances }: NeighborGraph): Float32Array {
  // In float32, so that what is too small for a weight is no edge.
  const strengths = new Float32Array(distances.length);
  const wanted = Math.log2(k + 1);
  let [sum, count] = [0, 0];
  for (const distance of distances) {
    if (distance === Infinity) continue;
    sum += distance;
    count++;
  }
  const overallMean = count > 0 ? sum / count : 0;
  for (let row = 0; row < numRows; row++) {
    const own = distances.subarray(row * k, (row + 1) * k);
    const nearest = own.find((distance) => distance > 0 && distance < Infinity) ?? 0;
    let width = kernelWidth(own, nearest, wanted);
    let rowSum = 0;
    let rowCount = 0;
    for (const distance of own) {
      if (distance === Infinity) continue;
      rowSum += distance;
      rowCount++;
    }
    width = Math.max(width, MIN_WIDTH_SHARE * (nearest > 0 ? rowSum / rowCount : overallMean));
    own.forEach((distance, rank) => {
      strengths[row * k + rank] =
        distance <= nearest ? 1 : width > 0 ? Math.exp((nearest - distance) / width) : 0;
    });
  }
  return strengths;
}

/** σ for the distances of one row, by halving an interval. */
function kernelWidth(distances: Float32Array, nearest: number, wanted: number): number {
  let [low, high, width] = [0, Infinity, 1];
  for (let halving = 0; halving < MAX_HALVINGS; halving++) {
    let sum = 0;
    for (const distance of distances) sum += distance <= nearest ? 1 : Math.exp((nearest - distance) / width);
    if (Math.abs(sum - wanted) < TOLERANCE) break;
    if (sum > wanted) high = width;
    else low = width;
    width = high === Infinity ? 2 * width : (low + high) / 2;
  }
  return width;
}
