import * as tf from '@tensorflow/tfjs-core';
import type { Statistics } from '../../compute/layers/batchNorm';
import type { Parameters } from '../../compute/parameters';

/** Mean and variance of each column over the batches of training, for when there is no batch to take them from. */
export interface RunningStatistics {
  mean: tf.Variable<tf.Rank.R1>;
  variance: tf.Variable<tf.Rank.R1>;
  /** Share of the old value that a batch leaves. */
  decay: number;
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
): RunningStatistics {
  const create = (part: string, value: number): tf.Variable<tf.Rank.R1> =>
    parameters.createStatistic(`${name}/${part}`, size, value) as tf.Variable<tf.Rank.R1>;
  return { mean: create('mean', 0), variance: create('variance', 1), decay };
}

/** The statistics for a layer to use; null for those of its input. */
export function statisticsFor(running: RunningStatistics, mode: StatisticsMode): Statistics | null {
  return mode === 'running' ? { mean: running.mean, variance: running.variance } : null;
}

/** Moves the running statistics towards those of a batch, if the mode says so. The variance is the biased one. */
export function updateStatistics(running: RunningStatistics, used: Statistics, mode: StatisticsMode): void {
  if (mode !== 'training') return;
  const { mean, variance, decay } = running;
  const move = (variable: tf.Variable<tf.Rank.R1>, value: tf.Tensor1D): void => {
    tf.tidy(() => variable.assign(tf.add(tf.mul(variable, decay), tf.mul(value, 1 - decay))));
  };
  move(mean, used.mean);
  move(variance, used.variance);
}
