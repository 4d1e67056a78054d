import { AnalysisError } from './analysisError';

/** How one head attends, on average over users. */
export interface HeadSummary {
  /** Mean weight so many places back, over all rows that have a position there; as long as the longest history. */
  byDistance: Float64Array;
  /** Mean over rows with at least two positions to choose from, in nats. */
  entropy: number;
  /** The same as a share of the entropy of equal weights: 0 looks at one position, 1 at all alike. */
  relativeEntropy: number;
  /** How many places away it looks on average. */
  meanDistance: number;
  /** What the last row, from which the next item is predicted, gives to the user's last item. */
  shareOnLast: number;
}

/**
 * Who attends to whom: each position to itself and what came `before`, each position to positions `everywhere`, or whoever
 * reads the history to all of it from its `end`.
 */
export type AttentionReach = 'before' | 'everywhere' | 'end';

export interface AttentionBatch {
  /** `[batch, heads, positions, positions]`: who attends, then to whom; `[batch, heads, positions]` from the `end`. */
  weights: ArrayLike<number>;
  batch: number;
  /** 1 at positions with an item, 0 at padding, `[batch, positions]`. The positions may differ between batches. */
  mask: ArrayLike<number>;
}

/** Sums for one head, over all rows that have weight. */
interface Sums {
  byDistance: Float64Array;
  entropy: number;
  relativeEntropy: number;
  meanDistance: number;
  shareOnLast: number;
  /** Rows, those with a choice, and last rows. */
  rows: number;
  choices: number;
  lastRows: number;
}

/**
 * How heads behave over many users: batches are added one after the other, and none is kept. Whoever wants it by length of
 * history or popularity keeps a summary for each group. Rows of padding, and weights on padding, do not count. (That
 * sequential recommenders attend mostly to what is near: arXiv 2406.02048.)
 *
 * Mean weights by distance are those of the weights as they are. The other numbers are of shares, |w|/Σ|w| over the items of
 * a row, so that they mean the same for weights that need not sum to 1; a row without any weight has none.
 */
export class AttentionSummary {
  readonly #numHeads: number;
  readonly #reach: AttentionReach;
  readonly #sums: Sums[];
  /** Pairs of a row and a position at each distance. */
  readonly #pairs: Float64Array;
  #users = 0;

  /** @param positions at most, in any batch */
  constructor(numHeads: number, positions: number, reach: AttentionReach = 'before') {
    this.#numHeads = numHeads;
    this.#reach = reach;
    this.#pairs = new Float64Array(positions);
    this.#sums = Array.from({ length: numHeads }, () => ({
      byDistance: new Float64Array(positions),
      entropy: 0,
      relativeEntropy: 0,
      meanDistance: 0,
      shareOnLast: 0,
      rows: 0,
      choices: 0,
      lastRows: 0,
    }));
  }

  /** Users that were added and have at least one item. */
  get users(): number {
    return this.#users;
  }

  /**
   * @param users which of the batch to add; all if left out
   * @throws AnalysisError (`analysis/shape`)
   */
  add({ weights, batch, mask }: AttentionBatch, users?: readonly number[]): void {
    const positions = mask.length / batch;
    const rows = this.#reach === 'end' ? 1 : positions;
    const expected = batch * this.#numHeads * rows * positions;
    if (weights.length !== expected || positions > this.#pairs.length) {
      throw new AnalysisError(
        'analysis/shape',
        `There are ${weights.length} weights and ${mask.length} values of the mask, where ${batch} users with ${this.#numHeads} heads and ${positions} of at most ${this.#pairs.length} positions have ${expected} weights.`,
      );
    }
    for (const user of users ?? Array.from({ length: batch }, (_, index) => index))
      this.#addUser(weights, mask, positions, user);
  }

  #addUser(weights: ArrayLike<number>, mask: ArrayLike<number>, positions: number, user: number): void {
    const items: number[] = [];
    for (let position = 0; position < positions; position++)
      if (mask[user * positions + position] !== 0) items.push(position);
    if (items.length === 0) return;
    this.#users++;
    const places = this.#reach === 'end' ? [items.length - 1] : items.keys();
    for (const place of places) {
      const seen = this.#reach === 'before' ? items.slice(0, place + 1) : items;
      const query = items[place]!;
      for (const key of seen) this.#pairs[Math.abs(query - key)]!++;
      this.#sums.forEach((sums, head) => {
        const start =
          this.#reach === 'end'
            ? (user * this.#numHeads + head) * positions
            : ((user * this.#numHeads + head) * positions + query) * positions;
        addRow(sums, weights, start, query, seen);
        if (place === items.length - 1) addLast(sums, weights, start, seen);
      });
    }
  }

  /** Each head's behavior so far; zeros where nothing was added. */
  heads(): HeadSummary[] {
    const longest = this.#pairs.findLastIndex((pairs) => pairs > 0) + 1;
    return this.#sums.map((sums) => ({
      byDistance: sums.byDistance
        .subarray(0, longest)
        .map((sum, distance) => sum / Math.max(1, this.#pairs[distance]!)),
      entropy: sums.entropy / Math.max(1, sums.choices),
      relativeEntropy: sums.relativeEntropy / Math.max(1, sums.choices),
      meanDistance: sums.meanDistance / Math.max(1, sums.rows),
      shareOnLast: sums.shareOnLast / Math.max(1, sums.lastRows),
    }));
  }
}

function addRow(
  sums: Sums,
  weights: ArrayLike<number>,
  start: number,
  query: number,
  seen: readonly number[],
): void {
  const total = totalOf(weights, start, seen);
  let [entropy, distanceSum] = [0, 0];
  for (const key of seen) {
    const weight = weights[start + key]!;
    const distance = Math.abs(query - key);
    sums.byDistance[distance]! += weight;
    const share = Math.abs(weight) / total;
    if (!(share > 0)) continue;
    distanceSum += share * distance;
    entropy -= share * Math.log(share);
  }
  if (total === 0) return;
  sums.rows++;
  sums.meanDistance += distanceSum;
  if (seen.length === 1) return;
  sums.choices++;
  sums.entropy += entropy;
  sums.relativeEntropy += entropy / Math.log(seen.length);
}

function addLast(sums: Sums, weights: ArrayLike<number>, start: number, seen: readonly number[]): void {
  const total = totalOf(weights, start, seen);
  if (total === 0) return;
  sums.lastRows++;
  sums.shareOnLast += Math.abs(weights[start + seen.at(-1)!]!) / total;
}

function totalOf(weights: ArrayLike<number>, start: number, seen: readonly number[]): number {
  let total = 0;
  for (const key of seen) total += Math.abs(weights[start + key]!);
  return total;
}
