import type { ItemKnnConfig } from './options';
import type { UserItems } from './userItems';

/** Parameters of Okapi BM25: how soon a weight is saturated, and how much the length of a document counts. */
const K1 = 1.2;
const B = 0.75;

/** What interactions count: that of user u with item i counts `users[u] * (items[i] - means[u])`. */
export interface FeatureWeights {
  users: Float64Array;
  items: Float64Array;
  /** Of the weights of a user's items, to be subtracted; 0 where nothing is. */
  means: Float64Array;
}

/**
 * Items as documents whose terms are users. With N items in all, n(u) items of user u and n(i) users of item i, the weight of an
 * interaction is `idf(u) = ln(N / (1 + n(u)))` for TF-IDF, and `idf(u) (k1 + 1) / (k1 (1 - b + b n(i) / mean n) + 1)` for BM25,
 * with k1 = 1.2 and b = 0.75, as in the code of Ferrari Dacrema et al. (RecSys 2019).
 */
export function featureWeights(
  { numUsers, numItems, itemsFrom, items: met, usersFrom }: UserItems,
  { featureWeighting, similarity }: Pick<ItemKnnConfig, 'featureWeighting' | 'similarity'>,
): FeatureWeights {
  const items = new Float64Array(numItems + 1).fill(1);
  const users = new Float64Array(numUsers).fill(1);
  const means = new Float64Array(numUsers);
  if (featureWeighting !== 'none') {
    for (let user = 0; user < numUsers; user++)
      users[user] = Math.log(numItems / (1 + itemsFrom[user + 1]! - itemsFrom[user]!));
  }
  if (featureWeighting === 'bm25') {
    const meanLength = met.length / numItems;
    for (let item = 0; item <= numItems; item++) {
      const length = usersFrom[item + 1]! - usersFrom[item]!;
      items[item] = (K1 + 1) / (K1 * (1 - B + (B * length) / meanLength) + 1);
    }
  }
  if (similarity.type === 'adjustedCosine') {
    for (let user = 0; user < numUsers; user++)
      means[user] = meanOf(items, met.subarray(itemsFrom[user], itemsFrom[user + 1]));
  }
  return { users, items, means };
}

/** Exact where all are the same, so that nothing but 0 is left of them then. */
function meanOf(weights: Float64Array, places: Uint32Array): number {
  const first = weights[places[0] ?? 0]!;
  const differences = places.reduce((sum, place) => sum + (weights[place]! - first), 0);
  return first + differences / Math.max(1, places.length);
}
