import * as tf from '@tensorflow/tfjs-core';
import { embeddingLookup } from '../../compute/layers/embedding';
import type { Histories } from '../model';

/* What RecBole's BERT4Rec does otherwise, beside the corrected form in `bert4rec.ts`. */

/**
 * Of the selected positions of a sequence, those that RecBole's loss counts: its list of targets has `count` slots, and a
 * position of 0, that of the oldest item, means an empty slot. Whatever else is selected stays masked.
 * @param selected ascending, from 0 for the oldest item
 */
export function newestSupervised(selected: readonly number[], count: number): number[] {
  return selected.slice(-count).filter((place) => place > 0);
}

/**
 * The histories without the oldest item of each: RecBole makes room for the mask token by dropping the first column of its
 * right-padded rows, whether or not the last one is free.
 */
export function withoutOldest({ histories, size, length }: Histories): Histories {
  const shorter = new Int32Array(size * (length - 1));
  for (let row = 0; row < size; row++) {
    const items = histories.subarray(row * length, (row + 1) * length);
    const kept = items.subarray(items.findIndex((item) => item !== 0) + 1);
    // A history that is all padding has no oldest item.
    if (kept.length < length) shorter.set(kept, (row + 1) * (length - 1) - kept.length);
  }
  return { histories: shorter, size, length: length - 1 };
}

/**
 * Vectors of positions that count from the oldest item, which has the first: what right-padded rows come to, `[B, T, d]`.
 * @param table `[positions, d]`
 */
export function positionsFromOldest({ histories, size, length }: Histories, table: tf.Tensor2D): tf.Tensor {
  const places = new Int32Array(histories.length);
  for (let row = 0; row < places.length; row += length) {
    let seen = 0;
    for (let place = row; place < row + length; place++) if (histories[place] !== 0) places[place] = seen++;
  }
  return embeddingLookup(table, tf.tensor2d(places, [size, length], 'int32'));
}
