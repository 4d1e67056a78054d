import type { Pooling } from '../../../../src/compute/layers/embedding';
import type { Values } from './special';

export function embeddingLookup(table: Values, indices: Values, width: number): Float64Array {
  const result = new Float64Array(indices.length * width);
  for (let place = 0; place < result.length; place++)
    result[place] = table[indices[Math.floor(place / width)]! * width + (place % width)]!;
  return result;
}

/** Bags of k indices; 0 is padding. */
export function embeddingBag(
  table: Values,
  indices: Values,
  k: number,
  width: number,
  pooling: Pooling,
): Float64Array {
  const rows = indices.length / k;
  const result = new Float64Array(rows * width);
  for (let row = 0; row < rows; row++) {
    const bag = Array.from(indices)
      .slice(row * k, (row + 1) * k)
      .filter((index) => index !== 0);
    const divisor = { sum: 1, mean: bag.length, sqrtn: Math.sqrt(bag.length) }[pooling];
    for (const index of bag) {
      for (let column = 0; column < width; column++)
        result[row * width + column]! += table[index * width + column]! / divisor;
    }
  }
  return result;
}

export function weightedBag(
  table: Values,
  indices: Values,
  weights: Values,
  k: number,
  width: number,
): Float64Array {
  const result = new Float64Array((indices.length / k) * width);
  for (let place = 0; place < indices.length; place++) {
    for (let column = 0; column < width; column++)
      result[Math.floor(place / k) * width + column]! +=
        weights[place]! * table[indices[place]! * width + column]!;
  }
  return result;
}
