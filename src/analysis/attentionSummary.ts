import { AnalysisError } from './analysisError';

/** How one head attends, on average over users. */
export interface HeadSummary {
  /** Mean weight on the position so many places back, over all positions that have one there. `[positions]` */
  byDistance: Float64Array;
  /** Mean over positions with at least two to choose from, in nats. */
  entropy: number;
  /** The same as a share of the entropy of equal weights: 0 looks at one position, 1 at all alike. */
  relativeEntropy: number;
  /** How many places back it looks on average. */
  meanDistance: number;
  /** What the last position, from which the next item is predicted, gives to itself: to the user's last item. */
  shareOnLast: number;
}

export interface AttentionBatch {
  /** `[batch, heads, positions, positions]`: who attends, then to whom. */
  weights: ArrayLike<number>;
  batch: number;
  /** 1 at positions with an item, 0 at padding, `[batch, positions]`. */
  mask: ArrayLike<number>;
}

/** Sums over all positions that count, for one head. */
interface Sums {
  byDistance: Float64Array;
  entropy: number;
  relativeEntropy: number;
  meanDistance: number;
  shareOnLast: number;
}

/**
 * How the heads of causal self-attention behave over many users: batches are added one after the other, and none is kept.
 * Whoever wants it by length of history or popularity keeps a summary for each group. Rows of padding, and weights on
 * padding, do not count. (That sequential recommenders attend mostly to what is near: arXiv 2406.02048.)
 */
export class AttentionSummary {
  readonly #numHeads: number;
  readonly #positions: number;
  readonly #sums: Sums[];
  /** Pairs of positions at each distance, positions, positions with a choice, and users. */
  readonly #pairs: Float64Array;
  #rows = 0;
  #choices = 0;
  #users = 0;

  constructor(numHeads: number, positions: number) {
    this.#numHeads = numHeads;
    this.#positions = positions;
    this.#pairs = new Float64Array(positions);
    this.#sums = Array.from({ length: numHeads }, () => ({
      byDistance: new Float64Array(positions),
      entropy: 0,
      relativeEntropy: 0,
      meanDistance: 0,
      shareOnLast: 0,
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
    const [heads, positions] = [this.#numHeads, this.#positions];
    const expected = batch * heads * positions * positions;
    if (weights.length !== expected || mask.length !== batch * positions) {
      throw new AnalysisError(
        'analysis/shape',
        `There are ${weights.length} weights and ${mask.length} values of the mask, where ${batch} users with ${heads} heads and ${positions} positions have ${expected} and ${batch * positions}.`,
      );
    }
    for (const user of users ?? Array.from({ length: batch }, (_, index) => index))
      this.#addUser(weights, mask, user);
  }

  #addUser(weights: ArrayLike<number>, mask: ArrayLike<number>, user: number): void {
    const [heads, positions] = [this.#numHeads, this.#positions];
    const items: number[] = [];
    for (let position = 0; position < positions; position++)
      if (mask[user * positions + position] !== 0) items.push(position);
    if (items.length === 0) return;
    this.#users++;
    this.#rows += items.length;
    this.#choices += items.length - 1;
    items.forEach((query, place) => {
      for (let key = 0; key <= place; key++) this.#pairs[query - items[key]!]!++;
    });
    for (let head = 0; head < heads; head++) {
      const sums = this.#sums[head]!;
      const start = (user * heads + head) * positions * positions;
      items.forEach((query, place) => {
        let [entropy, distanceSum] = [0, 0];
        for (let index = 0; index <= place; index++) {
          const key = items[index]!;
          const weight = weights[start + query * positions + key]!;
          sums.byDistance[query - key]! += weight;
          distanceSum += weight * (query - key);
          if (weight > 0) entropy -= weight * Math.log(weight);
        }
        sums.meanDistance += distanceSum;
        if (place > 0) {
          sums.entropy += entropy;
          sums.relativeEntropy += entropy / Math.log(place + 1);
        }
      });
      const last = items.at(-1)!;
      sums.shareOnLast += weights[start + last * positions + last]!;
    }
  }

  /** Each head's behaviour so far; zeros where nothing was added. */
  heads(): HeadSummary[] {
    return this.#sums.map((sums) => ({
      byDistance: sums.byDistance.map((sum, distance) => sum / Math.max(1, this.#pairs[distance]!)),
      entropy: sums.entropy / Math.max(1, this.#choices),
      relativeEntropy: sums.relativeEntropy / Math.max(1, this.#choices),
      meanDistance: sums.meanDistance / Math.max(1, this.#rows),
      shareOnLast: sums.shareOnLast / Math.max(1, this.#users),
    }));
  }
}
