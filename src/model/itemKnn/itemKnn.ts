import type { Baseline, TrainingSequences } from '../baseline';
import { nowAndThen, type LetEventsIn } from '../../protocol/letEventsIn';
import { ModelError } from '../modelError';
import { featureWeights, type FeatureWeights } from './featureWeights';
import { BATCH_SCORES, NEWEST_COUNTED, type ItemKnnConfig } from './options';
import { similarityOf, type Similarity } from './similarity';
import { userItemsOf, type UserItems } from './userItems';

/** Items similar to one item, and how similar each is. */
interface Neighbors {
  items: Uint32Array;
  similarities: Float32Array;
}

/** Neighbors kept between look-ups, over all items: 256 MB at the most. */
const CACHED_NEIGHBORS = 32 * 1024 * 1024;

/**
 * Item-based nearest neighbors: an item's score is the sum of its similarities to the items of the history, where an item
 * is the set of users who met it, or a vector of their weights (Sarwar et al., 2001; Deshpande and Karypis, 2004; Ferrari
 * Dacrema et al., 2019). Of users with more than {@link NEWEST_COUNTED} interactions only the newest count.
 */
export class ItemKnn implements Baseline {
  readonly batchScores = BATCH_SCORES;
  readonly #numItems: number;
  readonly #numNeighbors: number | null;
  readonly #similarity: Similarity;
  readonly #met: UserItems;
  /** Whether every interaction counts 1, so that products are numbers of users. */
  readonly #counts: boolean;
  readonly #weights: FeatureWeights;
  /** Of each item's vector of users. */
  readonly #squaredNorms: Float64Array;
  readonly #cache = new Map<number, Neighbors>();
  #cached = 0;
  /** Products of one item's vector with the others', while its neighbors are looked for; 0 for all otherwise. */
  readonly #products: Float64Array;
  /** Room for the items that share users with one, and whether an item is among them. */
  readonly #found: Uint32Array;
  readonly #isFound: Uint8Array;
  readonly #letEventsIn: () => Promise<void>;

  private constructor(met: UserItems, options: ItemKnnConfig, letEventsIn?: LetEventsIn) {
    const { numItems } = met;
    this.#letEventsIn = nowAndThen(letEventsIn);
    this.#numNeighbors = options.numNeighbors;
    this.#similarity = similarityOf(options);
    this.#numItems = numItems;
    this.#met = met;
    this.#counts = options.featureWeighting === 'none';
    this.#weights = featureWeights(met, options);
    this.#squaredNorms = new Float64Array(numItems + 1);
    this.#products = new Float64Array(numItems + 1);
    this.#found = new Uint32Array(numItems);
    this.#isFound = new Uint8Array(numItems + 1);
  }

  /** @param letEventsIn called now and then while this fits, and while scores are made */
  static async fit(
    sequences: TrainingSequences,
    options: ItemKnnConfig,
    letEventsIn?: LetEventsIn,
  ): Promise<ItemKnn> {
    const met = await userItemsOf(sequences, NEWEST_COUNTED, letEventsIn);
    const knn = new ItemKnn(met, options, letEventsIn);
    await knn.#addNorms();
    // Without a bound both items of a pair are neighbors.
    if (options.neighborsOf === 'candidate' && options.numNeighbors !== null)
      await knn.#keepNeighborsOfCandidates();
    return knn;
  }

  /** The neighbors of an item are looked for once for all histories that have it; similarities are added in order of the items. */
  async score(histories: readonly Uint32Array[]): Promise<Float32Array> {
    const scores = new Float32Array(histories.length * this.#numItems);
    const rowsOf = new Map<number, number[]>();
    for (const [row, history] of histories.entries()) {
      for (const item of history.subarray(-NEWEST_COUNTED)) {
        const rows = rowsOf.get(item);
        if (rows === undefined) rowsOf.set(item, [row]);
        else rows.push(row);
      }
    }
    for (const item of Uint32Array.from(rowsOf.keys()).sort()) {
      const neighbors = this.#neighbors(item);
      for (const row of rowsOf.get(item)!) {
        addTo(scores.subarray(row * this.#numItems, (row + 1) * this.#numItems), neighbors);
        await this.#letEventsIn();
      }
    }
    return scores;
  }

  async #addNorms(): Promise<void> {
    const { numUsers, itemsFrom, items } = this.#met;
    for (let user = 0; user < numUsers; user++) {
      for (let place = itemsFrom[user]!; place < itemsFrom[user + 1]!; place++)
        this.#squaredNorms[items[place]!]! += this.#strength(user, items[place]!) ** 2;
      await this.#letEventsIn();
    }
  }

  #strength(user: number, item: number): number {
    const { users, items, means } = this.#weights;
    return users[user]! * (items[item]! - means[user]!);
  }

  /** The candidates that an item of a history adds to. */
  #neighbors(item: number): Neighbors {
    const cached = this.#cache.get(item);
    if (cached !== undefined) return cached;
    const met = this.#squaredNorms[item]!;
    const neighbors = this.#mostSimilar(item, (dot, candidate) => this.#similarity(dot, candidate, met));
    if (this.#cached + neighbors.items.length <= CACHED_NEIGHBORS) {
      this.#cache.set(item, neighbors);
      this.#cached += neighbors.items.length;
    }
    return neighbors;
  }

  /**
   * Looks for the neighbors of every candidate, and keeps for each item of a history the candidates whose neighbor it is.
   * @throws ModelError when they are too many
   */
  async #keepNeighborsOfCandidates(): Promise<void> {
    const all: Neighbors[] = [];
    const counts = new Uint32Array(this.#numItems + 1);
    for (let item = 1; item <= this.#numItems; item++) {
      const candidate = this.#squaredNorms[item]!;
      const own = this.#mostSimilar(item, (dot, met) => this.#similarity(dot, candidate, met));
      all.push(own);
      this.#cached += own.items.length;
      if (this.#cached > CACHED_NEIGHBORS)
        throw new ModelError(
          'model/too-many-neighbors',
          `Item-kNN found more than ${CACHED_NEIGHBORS} neighbors for the first ${item} of ${this.#numItems} candidates, which is as ` +
            'many as it keeps. Lower `model.numNeighbors`, set `model.neighborsOf` to `history`, or leave out rare items ' +
            'with `dataset.minItemInteractions`.',
        );
      for (const met of own.items) counts[met]!++;
      await this.#letEventsIn();
    }
    for (let item = 1; item <= this.#numItems; item++) {
      const count = counts[item]!;
      this.#cache.set(item, { items: new Uint32Array(count), similarities: new Float32Array(count) });
    }
    const filled = counts.fill(0);
    for (const [before, { items, similarities }] of all.entries()) {
      for (const [place, met] of items.entries()) {
        const added = this.#cache.get(met)!;
        added.items[filled[met]!] = before + 1;
        added.similarities[filled[met]!++] = similarities[place]!;
      }
      await this.#letEventsIn();
    }
  }

  /**
   * The neighbors of an item that count; of equals the earlier items.
   * @param similarity of the product with another item's vector, and this one's squared norm
   */
  #mostSimilar(item: number, similarity: (dot: number, squaredNorm: number) => number): Neighbors {
    const products = this.#products;
    const found = this.#found;
    const isFound = this.#isFound;
    const count = this.#counts ? this.#countShared(item) : this.#multiply(item);
    const items = found.subarray(0, count).filter((other) => other !== item);
    // A plain loop: `from` with a callback takes ten times as long.
    const similarities = new Float32Array(items.length);
    for (let place = 0; place < items.length; place++) {
      const other = items[place]!;
      similarities[place] = similarity(products[other]!, this.#squaredNorms[other]!);
    }
    for (let place = 0; place < count; place++) isFound[found[place]!] = products[found[place]!] = 0;
    return this.#bounded({ items, similarities });
  }

  /** Counts the users that items share with one, and finds those that share any. @returns how many it found */
  #countShared(item: number): number {
    const products = this.#products;
    const found = this.#found;
    const { usersFrom, users, itemsFrom, items } = this.#met;
    let count = 0;
    for (let at = usersFrom[item]!; at < usersFrom[item + 1]!; at++) {
      const user = users[at]!;
      const end = itemsFrom[user + 1]!;
      for (let place = itemsFrom[user]!; place < end; place++) {
        const other = items[place]!;
        if (products[other]!++ === 0) found[count++] = other;
      }
    }
    return count;
  }

  /** The same of vectors with weights, whose products may be 0 in between. */
  #multiply(item: number): number {
    const products = this.#products;
    const found = this.#found;
    const isFound = this.#isFound;
    const { users: ofUsers, items: weights, means } = this.#weights;
    const { usersFrom, users, itemsFrom, items } = this.#met;
    let count = 0;
    for (let at = usersFrom[item]!; at < usersFrom[item + 1]!; at++) {
      const user = users[at]!;
      const mean = means[user]!;
      const factor = this.#strength(user, item) * ofUsers[user]!;
      for (let place = itemsFrom[user]!; place < itemsFrom[user + 1]!; place++) {
        const other = items[place]!;
        if (isFound[other] === 0) {
          isFound[other] = 1;
          found[count++] = other;
        }
        products[other]! += factor * (weights[other]! - mean);
      }
    }
    return count;
  }

  /** As many as are kept. Where only some are, those that are no more similar than a stranger are none. */
  #bounded({ items, similarities }: Neighbors): Neighbors {
    const bound = this.#numNeighbors;
    if (bound === null) return { items, similarities };
    // Sorting numbers alone is many times as fast as sorting places by them.
    const ascending = similarities.slice().sort();
    const least = ascending[Math.max(0, ascending.length - bound)] ?? 0;
    const places: number[] = [];
    for (let place = 0; place < items.length; place++)
      if (similarities[place]! > 0 && similarities[place]! >= least) places.push(place);
    const kept = Uint32Array.from(
      places.sort((a, b) => similarities[b]! - similarities[a]! || items[a]! - items[b]!).slice(0, bound),
    );
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
