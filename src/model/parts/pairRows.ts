import * as tf from '@tensorflow/tfjs-core';
import { embeddingLookup } from '../../compute/layers/embedding';

/*
 * Pairs of B users and C candidates each, as rows: row b·C + c is the c-th candidate of user b. Rows are repeated by a
 * lookup, whose gradient adds them up again without making them all.
 */

/** Each user's values once for each of their candidates: `[B, …]` to `[B·C, …]`. */
export function repeatForCandidates<T extends tf.Tensor>(x: T, candidates: number): T {
  if (candidates === 1) return x;
  const [size, ...rest] = x.shape as [number, ...number[]];
  const rows = Int32Array.from({ length: size * candidates }, (_, row) => Math.floor(row / candidates));
  return rowsAt(x, rows, rest) as T;
}

/**
 * The candidates' values as rows of pairs: `[B, C, …]` to `[B·C, …]`, and `[1, C, …]`, where all users have the same
 * candidates, too.
 */
export function rowsOfCandidates(x: tf.Tensor, users: number): tf.Tensor {
  const [size, candidates, ...rest] = x.shape as [number, number, ...number[]];
  const flat = tf.reshape(x, [size * candidates, ...rest]);
  if (size === users) return flat;
  const rows = Int32Array.from({ length: users * candidates }, (_, row) => row % candidates);
  return rowsAt(flat, rows, rest);
}

function rowsAt(x: tf.Tensor, rows: Int32Array, rest: readonly number[]): tf.Tensor {
  const table: tf.Tensor2D = tf.reshape(x, [x.shape[0], -1]);
  return tf.reshape(embeddingLookup(table, tf.tensor1d(rows, 'int32')), [rows.length, ...rest]);
}
