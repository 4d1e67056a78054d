import * as tf from '@tensorflow/tfjs-core';
import type { Scoring } from '../model/model';
import { scoresInBlocks } from './scoresInBlocks';

/**
 * Scores of all items for the users of a scoring, `[users, numItems]`; column j belongs to item j + 1. The caller may write
 * into them.
 */
export async function catalogScores(
  scoring: Scoring,
  users: number,
  numItems: number,
): Promise<Float32Array> {
  if (scoring.kind === 'joint')
    return scoresInBlocks(scoring, users, numItems, (from, count) =>
      scoring.score(Int32Array.from({ length: count }, (_, place) => from + place + 1)),
    );
  const { states, items, bias } = scoring;
  const scores = tf.tidy(() => {
    const products = tf.matMul(states, items, false, true);
    return bias === undefined ? products : tf.add(products, bias);
  });
  // A copy, because an engine may hand out its own memory.
  const values = Float32Array.from(await scores.data());
  scores.dispose();
  return values;
}
