import * as tf from '@tensorflow/tfjs-core';
import { nowAndThen, type LetEventsIn } from '../protocol/letEventsIn';
import type { JointScoring } from '../model/model';

/** Bounds what a model makes at once of pairs of users and items, to about 64 MB. */
const MAX_JOINT_VALUES = 16 * 1024 * 1024;

/**
 * Scores `[rows, columns]`, made of so many columns at once that there is room for what the model makes of them.
 * @param letEventsIn called between these, now and then
 */
export async function scoresInBlocks(
  { valuesPerPair }: JointScoring,
  rows: number,
  columns: number,
  scoreBlock: (from: number, count: number) => tf.Tensor2D,
  letEventsIn?: LetEventsIn,
): Promise<Float32Array> {
  const perCall = Math.max(1, Math.floor(MAX_JOINT_VALUES / (rows * valuesPerPair)));
  const scores = new Float32Array(rows * columns);
  const rest = nowAndThen(letEventsIn);
  for (let from = 0; from < columns; from += perCall) {
    const count = Math.min(perCall, columns - from);
    const block = tf.tidy(() => scoreBlock(from, count));
    const values = await block.data();
    block.dispose();
    await rest();
    for (let row = 0; row < rows; row++)
      scores.set(values.subarray(row * count, (row + 1) * count), row * columns + from);
  }
  return scores;
}
