import * as tf from '@tensorflow/tfjs-core';
import type { Statistics } from '../../compute/layers/batchNorm';
import type { Parameters } from '../../compute/parameters';

/** Mean and variance of each column over the batches of training, for when there is no batch to take them from. */
export interface RunningStatistics {
  mean: tf.Variable<tf.Rank.R1>;
  variance: tf.Variable<tf.Rank.R1>;
  /** Share of the old value that a batch leaves. */
  decay: number;
  /** Whether the variance is remembered as that of what the batch was drawn from: n/(n − 1) of the batch's own. */
  unbiased: boolean;
}

/** Where the statistics come from, and whether they are remembered. */
export type StatisticsMode =
  /** Those of the batch, which move the running ones. */
  | 'training'
  /** Those of the batch, and the running ones stay. */
  | 'batch'
  /** The running ones. */
  | 'running';

/** Makes the statistics `<name>/mean` and `<name>/variance`, which start at 0 and 1. */
export function createRunningStatistics(
  parameters: Parameters,
  name: string,
  size: number,
  decay: number,
  unbiased = false,
): RunningStatistics {
  const create = (part: string, value: number): tf.Variable<tf.Rank.R1> =>
    parameters.createStatistic(`${name}/${part}`, size, value) as tf.Variable<tf.Rank.R1>;
  return { mean: create('mean', 0), variance: create('variance', 1), decay, unbiased };
}

/** The statistics for a layer to use; null for those of its input. */
export function statisticsFor(running: RunningStatistics, mode: StatisticsMode): Statistics | null {
  return mode === 'running' ? { mean: running.mean, variance: running.variance } : null;
}

/**
 * Moves the running statistics toward those of a batch, if the mode says so.
 * @param used mean and biased variance of the batch
 * @param rows of the batch; from a single one no other variance can be told
 */
export function updateStatistics(
  running: RunningStatistics,
  used: Statistics,
  rows: number,
  mode: StatisticsMode,
): void {
  if (mode !== 'training') return;
  const { mean, variance, decay, unbiased } = running;
  const move = (variable: tf.Variable<tf.Rank.R1>, value: tf.Tensor1D, factor: number): void => {
    tf.tidy(() => variable.assign(tf.add(tf.mul(variable, decay), tf.mul(value, (1 - decay) * factor))));
  };
  move(mean, used.mean, 1);
  move(variance, used.variance, unbiased && rows > 1 ? rows / (rows - 1) : 1);
}
