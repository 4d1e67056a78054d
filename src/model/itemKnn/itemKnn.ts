import { type Baseline, forEachSequence, type TrainingSequences } from '../baseline';
import { nowAndThen, type LetEventsIn } from '../../protocol/letEventsIn';
import { NEWEST_COUNTED, type ItemKnnConfig } from './options';

/** Items similar to one item, and how similar each is. */
interface Neighbors {
  items: Uint32Array;
  similarities: Float32Array;
}

/** Neighbors kept between look-ups, over all items: 256 MB at the most. */
const CACHED_NEIGHBORS = 32 * 1024 * 1024;

/**
 * Item-based nearest neighbors: an item's score is the sum of its cosine similarities to the items of the history, where
 * an item is the set of users who met it (Sarwar et al., 2001; Deshpande and Karypis, 2004). Of users with more than
 * {@link NEWEST_COUNTED} interactions only the newest count.
 */
export class ItemKnn implements Baseline {
  readonly #numItems: number;
  readonly #numNeighbors: number | null;
  readonly #shrinkage: number;
  /** Users of each item, and items of each user, without repetitions. */
  readonly #usersOf: number[][];
  readonly #itemsOf: Uint32Array[] = [];
  readonly #cache = new Map<number, Neighbors>();
  #cached = 0;
  /** Users that two items share, while one item's neighbors are counted; 0 for all otherwise. */
  readonly #together: Uint32Array;
  /** Room for the items that share users with one. */
  readonly #found: Uint32Array;

  readonly #letEventsIn: () => Promise<void>;

  private constructor(
    numItems: number,
    { numNeighbors, shrinkage }: Pick<ItemKnnConfig, 'numNeighbors' | 'shrinkage'>,
    letEventsIn?: LetEventsIn,
  ) {
    this.#letEventsIn = nowAndThen(letEventsIn);
    this.#numNeighbors = numNeighbors;
    this.#shrinkage = shrinkage;
    this.#numItems = numItems;
    this.#together = new Uint32Array(numItems + 1);
    this.#found = new Uint32Array(numItems);
    this.#usersOf = Array.from({ length: numItems + 1 }, () => []);
  }

  /** @param letEventsIn called now and then while this fits, and while scores are made */
  static async fit(
    sequences: TrainingSequences,
    options: Pick<ItemKnnConfig, 'numNeighbors' | 'shrinkage'>,
    letEventsIn?: LetEventsIn,
  ): Promise<ItemKnn> {
    const knn = new ItemKnn(sequences.numItems, options, letEventsIn);
    await forEachSequence(sequences, (items) => knn.#addUser(items), letEventsIn);
    return knn;
  }

  #addUser(items: Uint32Array): void {
    const distinct = Uint32Array.from(new Set(items.subarray(-NEWEST_COUNTED)));
    for (const item of distinct) this.#usersOf[item]!.push(this.#itemsOf.length);
    this.#itemsOf.push(distinct);
  }

  async score(histories: readonly Uint32Array[]): Promise<Float32Array> {
    const scores = new Float32Array(histories.length * this.#numItems);
    for (const [row, history] of histories.entries()) {
      const own = scores.subarray(row * this.#numItems, (row + 1) * this.#numItems);
      for (const item of history.subarray(-NEWEST_COUNTED)) {
        addTo(own, this.#neighbors(item));
        await this.#letEventsIn();
      }
    }
    return scores;
  }

  #neighbors(item: number): Neighbors {
    const cached = this.#cache.get(item);
    if (cached !== undefined) return cached;
    const together = this.#together;
    const found = this.#found;
    let count = 0;
    for (const user of this.#usersOf[item]!) {
      const others = this.#itemsOf[user]!;
      for (let place = 0; place < others.length; place++) {
        const other = others[place]!;
        if (together[other]!++ === 0) found[count++] = other;
      }
    }
    const items = found.subarray(0, count).filter((other) => other !== item);
    const size = this.#usersOf[item]!.length;
    // A plain loop: `from` with a callback takes ten times as long.
    const similarities = new Float32Array(items.length);
    for (let place = 0; place < items.length; place++) {
      const other = items[place]!;
      const norm = Math.sqrt(size * this.#usersOf[other]!.length);
      similarities[place] = together[other]! / (norm + this.#shrinkage);
    }
    for (let place = 0; place < count; place++) together[found[place]!] = 0;
    const neighbors = this.#mostSimilar({ items, similarities });
    if (this.#cached + neighbors.items.length <= CACHED_NEIGHBORS) {
      this.#cache.set(item, neighbors);
      this.#cached += neighbors.items.length;
    }
    return neighbors;
  }

  /** The neighbors that count; of equals the earlier items. */
  #mostSimilar({ items, similarities }: Neighbors): Neighbors {
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

/**
 * Adds similarities to the scores of all items. Without a bound nearly all items of a small catalog are neighbors, so
 * nearly all the time of an evaluation is spent here: a plain loop takes a fifth of the time of a callback.
 */
function addTo(scores: Float32Array, { items, similarities }: Neighbors): void {
  for (let place = 0; place < items.length; place++) scores[items[place]! - 1]! += similarities[place]!;
}
