import * as tf from '@tensorflow/tfjs-core';
import { batchNorm } from '../../compute/layers/batchNorm';
import { dice } from '../../compute/layers/dice';
import type { Parameters } from '../../compute/parameters';
import {
  createRunningStatistics,
  statisticsFor,
  updateStatistics,
  type RunningStatistics,
  type StatisticsMode,
} from './runningStatistics';

/**
 * Which Dice. In all of them p says how far a value passes: p·x + (1 − p)·α·x.
 * - `dice`: p = σ((x − mean)/√(variance + ε)), α learned from 0 (Zhou et al., 2018, "Deep Interest Network", section 5.3)
 * - `scaledDice`: p = σ(β·(x − mean)/√(variance + ε)), β learned from 0 as well, so that p starts at ½ (that paper's code)
 * - `silu`: p = σ(x) and α = 0, without parameters (RecBole's "Dice")
 */
export type DiceVariant = 'dice' | 'scaledDice' | 'silu';

export type DiceActivation =
  | { variant: 'dice'; alpha: tf.Tensor1D; running: RunningStatistics; epsilon: number }
  | {
      variant: 'scaledDice';
      alpha: tf.Tensor1D;
      beta: tf.Tensor1D;
      running: RunningStatistics;
      epsilon: number;
    }
  | { variant: 'silu' };

export interface DiceOptions {
  /** Share of the running statistics that a batch leaves. */
  decay: number;
  /** Added to the variance. */
  epsilon: number;
}

/** The paper's ε; its code has the one of batch normalization. */
export const DICE_EPSILON = 1e-9;

/** Makes the parameters of a Dice for rows of `size` values. */
export function createDice(
  parameters: Parameters,
  name: string,
  size: number,
  variant: DiceVariant,
  { decay, epsilon }: DiceOptions,
): DiceActivation {
  if (variant === 'silu') return { variant };
  const vector = (part: string): tf.Tensor1D =>
    parameters.create(`${name}/${part}`, [size], { kind: 'constant', value: 0 }) as tf.Tensor1D;
  const common = { running: createRunningStatistics(parameters, name, size, decay), epsilon };
  if (variant === 'dice') return { variant, alpha: vector('alpha'), ...common };
  return { variant, alpha: vector('alpha'), beta: vector('beta'), ...common };
}

/** Dice of each row. @param x `[R, size]` */
export function diceActivation(x: tf.Tensor2D, layer: DiceActivation, mode: StatisticsMode): tf.Tensor2D {
  switch (layer.variant) {
    case 'silu':
      return tf.mul(x, tf.sigmoid(x));
    case 'dice': {
      const { output, ...used } = dice(x, layer.alpha, statisticsFor(layer.running, mode), layer.epsilon);
      updateStatistics(layer.running, used, x.shape[0], mode);
      return output;
    }
    case 'scaledDice': {
      const { alpha, beta, running, epsilon } = layer;
      // β times the standardized value is what a batch normalization with the factor β and no shift gives.
      const shift = tf.zerosLike(beta);
      const { output, ...used } = batchNorm(x, beta, shift, statisticsFor(running, mode), epsilon);
      updateStatistics(running, used, x.shape[0], mode);
      const share = tf.sigmoid(output);
      return tf.mul(x, tf.add(share, tf.mul(tf.sub(1, share), alpha)));
    }
  }
}
