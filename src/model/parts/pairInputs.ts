import * as tf from '@tensorflow/tfjs-core';
import { repeatForCandidates, rowsOfCandidates } from './pairRows';

/**
 * What the last layers of DIN and DIEN read of a user and a candidate:
 * - `user`: the user's vector, with features
 * - `item`: the candidate's
 * - `interest`: what the model made of the history for this candidate
 * - `interestProduct`: that times the candidate's vector, value by value
 * - `pooled`: the items of the history, pooled
 * - `pooledProduct`: those times the candidate's vector, value by value
 */
export type PairInput = 'user' | 'item' | 'interest' | 'interestProduct' | 'pooled' | 'pooledProduct';

/** Shapes: B users, C candidates, D width of items. */
export interface PairSources {
  /** `[B, …]`; null when nothing is known of users. */
  user: tf.Tensor2D | null;
  /** `[B, C, D]`, or `[1, C, D]` where all users have the same candidates. */
  item: tf.Tensor3D;
  /** `[B·C, D]` */
  interest: tf.Tensor2D;
  /** `[B, D]` */
  pooled: tf.Tensor2D;
}

/** Joins the inputs in the order in which they are named, `[B·C, …]`. */
export function pairInputs(names: readonly PairInput[], sources: PairSources): tf.Tensor2D {
  const { user, interest, pooled } = sources;
  const candidates = sources.item.shape[1];
  const item = rowsOfCandidates(sources.item, pooled.shape[0]) as tf.Tensor2D;
  const parts = names.flatMap((name): tf.Tensor2D[] => {
    switch (name) {
      case 'user':
        return user === null ? [] : [repeatForCandidates(user, candidates)];
      case 'item':
        return [item];
      case 'interest':
        return [interest];
      case 'interestProduct':
        return [tf.mul(interest, item)];
      case 'pooled':
        return [repeatForCandidates(pooled, candidates)];
      case 'pooledProduct':
        return [tf.mul(repeatForCandidates(pooled, candidates), item)];
    }
  });
  return parts.length === 1 ? parts[0]! : tf.concat2d(parts, 1);
}

/** How many values {@link pairInputs} joins. @param userWidth 0 when nothing is known of users */
export function pairInputsWidth(names: readonly PairInput[], itemWidth: number, userWidth: number): number {
  return names.reduce((sum, name) => sum + (name === 'user' ? userWidth : itemWidth), 0);
}
