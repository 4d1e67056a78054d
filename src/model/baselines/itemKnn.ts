import { type Baseline, forEachSequence, type TrainingSequences } from './baseline';

/** Items similar to one item, and how similar each is. */
interface Neighbours {
  items: Uint32Array;
  similarities: Float32Array;
}

/** Neighbours kept between look-ups, over all items: 256 MB at the most. */
const CACHED_NEIGHBOURS = 32 * 1024 * 1024;

/**
 * Item-based nearest neighbours: an item's score is the sum of its cosine similarities to the items of the history, where
 * an item is the set of users who met it (Sarwar et al., 2001; Deshpande and Karypis, 2004). All neighbours count.
 */
export class ItemKnn implements Baseline {
  readonly #numItems: number;
  /** Users of each item, and items of each user, without repetitions. */
  readonly #usersOf: number[][];
  readonly #itemsOf: Uint32Array[] = [];
  readonly #cache = new Map<number, Neighbours>();
  #cached = 0;
  /** Users that two items share, while one item's neighbours are counted. */
  readonly #together: Uint32Array;

  constructor(sequences: TrainingSequences) {
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
      (other) => this.#together[other]! / Math.sqrt(size * this.#usersOf[other]!.length),
    );
    for (const other of found) this.#together[other] = 0;
    const neighbours = { items, similarities };
    if (this.#cached + items.length <= CACHED_NEIGHBOURS) {
      this.#cache.set(item, neighbours);
      this.#cached += items.length;
    }
    return neighbours;
  }
}
