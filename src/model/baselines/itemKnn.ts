import { type Baseline, forEachSequence, type TrainingSequences } from './baseline';

/** Items similar to one item, and how similar each is. */
interface Neighbours {
  items: Uint32Array;
  similarities: Float32Array;
}

export interface ItemKnnOptions {
  /** Most similar items that each item keeps; null for all. */
  numNeighbors: number | null;
  /** Added to the denominator of the cosine. */
  shrinkage: number;
}

/** Neighbours kept between look-ups, over all items: 256 MB at the most. */
const CACHED_NEIGHBOURS = 32 * 1024 * 1024;

/**
 * Item-based nearest neighbours: an item's score is the sum of its cosine similarities to the items of the history, where
 * an item is the set of users who met it (Sarwar et al., 2001; Deshpande and Karypis, 2004).
 */
export class ItemKnn implements Baseline {
  readonly #numItems: number;
  readonly #numNeighbors: number | null;
  readonly #shrinkage: number;
  /** Users of each item, and items of each user, without repetitions. */
  readonly #usersOf: number[][];
  readonly #itemsOf: Uint32Array[] = [];
  readonly #cache = new Map<number, Neighbours>();
  #cached = 0;
  /** Users that two items share, while one item's neighbours are counted. */
  readonly #together: Uint32Array;

  constructor(sequences: TrainingSequences, { numNeighbors, shrinkage }: ItemKnnOptions) {
    this.#numNeighbors = numNeighbors;
    this.#shrinkage = shrinkage;
    this.#numItems = sequences.numItems;
    this.#together = new Uint32Array(sequences.numItems + 1);
    this.#usersOf = Array.from({ length: sequences.numItems + 1 }, () => []);
    forEachSequence(sequences, (items) => {
      const distinct = Uint32Array.from(new Set(items));
      for (const item of distinct) this.#usersOf[item]!.push(this.#itemsOf.length);
      this.#itemsOf.push(distinct);
    });
  }

  score(histories: readonly Uint32Array[]): Float32Array {
    const scores = new Float32Array(histories.length * this.#numItems);
    histories.forEach((history, row) => {
      const own = scores.subarray(row * this.#numItems, (row + 1) * this.#numItems);
      for (const item of history) {
        const { items, similarities } = this.#neighbours(item);
        items.forEach((other, index) => (own[other - 1]! += similarities[index]!));
      }
    });
    return scores;
  }

  #neighbours(item: number): Neighbours {
    const cached = this.#cache.get(item);
    if (cached !== undefined) return cached;
    const found: number[] = [];
    for (const user of this.#usersOf[item]!) {
      for (const other of this.#itemsOf[user]!) {
        if (this.#together[other]!++ === 0) found.push(other);
      }
    }
    const items = Uint32Array.from(found).filter((other) => other !== item);
    const size = this.#usersOf[item]!.length;
    const similarities = Float32Array.from(
      items,
      (other) => this.#together[other]! / (Math.sqrt(size * this.#usersOf[other]!.length) + this.#shrinkage),
    );
    for (const other of found) this.#together[other] = 0;
    const neighbours = this.#mostSimilar({ items, similarities });
    if (this.#cached + neighbours.items.length <= CACHED_NEIGHBOURS) {
      this.#cache.set(item, neighbours);
      this.#cached += neighbours.items.length;
    }
    return neighbours;
  }

  /** The neighbours that count; of equals the earlier items. */
  #mostSimilar({ items, similarities }: Neighbours): Neighbours {
    if (this.#numNeighbors === null || items.length <= this.#numNeighbors) return { items, similarities };
    const order = Uint32Array.from(items.keys()).sort(
      (a, b) => similarities[b]! - similarities[a]! || items[a]! - items[b]!,
    );
    const kept = order.subarray(0, this.#numNeighbors);
    return {
      items: kept.map((place) => items[place]!),
      similarities: Float32Array.from(kept, (place) => similarities[place]!),
    };
  }
}
