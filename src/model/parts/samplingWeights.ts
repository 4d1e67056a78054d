/**
 * Where negatives come from:
 * - `uniform`: any item but the positive
 * - `unconsumed`: any item that the user has not met in training
 * - `popular`: as `uniform`, item j with probability ∝ (training interactions)^0.75
 * - `logUniform`: as `uniform`, the item of popularity rank r (from 0) with probability ∝ log((r + 2)/(r + 1))
 * - `inBatch`: another positive of the same batch
 */
export type Sampler = 'uniform' | 'unconsumed' | 'popular' | 'logUniform' | 'inBatch';

/** Popularity is damped: p ∝ (training interactions)^0.75 (Mikolov et al., 2013, section 2.2). */
const POPULARITY_EXPONENT = 0.75;

/**
 * How often a sampler draws each item, up to a common factor; null when it draws all alike. The negatives' sampler and the
 * losses that correct for it both take it from here.
 * @param itemCounts training interactions of each item, `[N + 1]`, `itemCounts[0]` the padding's
 * @returns `[N]`, of items 1 to N
 */
export function samplingWeights(sampler: Sampler, itemCounts: Uint32Array): Float64Array | null {
  const counts = itemCounts.subarray(1);
  switch (sampler) {
    case 'uniform':
    case 'unconsumed':
      return null;
    case 'popular':
      return Float64Array.from(counts, (count) => count ** POPULARITY_EXPONENT);
    case 'logUniform': {
      const weights = new Float64Array(counts.length);
      popularityOrder(counts).forEach((place, rank) => (weights[place] = Math.log((rank + 2) / (rank + 1))));
      return weights;
    }
    case 'inBatch':
      return Float64Array.from(counts);
  }
}

/** Places from the most popular to the least; equals by their place. */
function popularityOrder(counts: Uint32Array): Uint32Array {
  return Uint32Array.from(counts.keys()).sort((a, b) => counts[b]! - counts[a]! || a - b);
}
