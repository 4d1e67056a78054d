import * as tf from '@tensorflow/tfjs-core';
import { activate as activatePlainly, type Activation } from '../../compute/layers/linear';
import type { Parameters } from '../../compute/parameters';
import {
  createDice,
  diceActivation,
  type DiceActivation,
  type DiceOptions,
  type DiceVariant,
} from './diceActivation';
import type { StatisticsMode } from './runningStatistics';

/** `prelu` is max(x, 0) + α·min(x, 0) with a learned α for each column (He et al., 2015, arXiv 1502.01852). */
export type ActivationName = Activation | 'prelu' | DiceVariant;

/** An activation with the parameters that it has. */
export type LayerActivation =
  | { kind: 'plain'; name: Activation }
  | { kind: 'prelu'; alpha: tf.Tensor1D }
  | { kind: 'dice'; dice: DiceActivation };

/** What α of PReLU starts from, as in its paper. */
const PRELU_START = 0.25;

/** Makes an activation for rows of `size` values; its parameters are `<name>/alpha` and the like. */
export function createActivation(
  parameters: Parameters,
  name: string,
  size: number,
  activation: ActivationName,
  options: DiceOptions,
): LayerActivation {
  switch (activation) {
    case 'prelu': {
      const start = { kind: 'constant', value: PRELU_START } as const;
      return { kind: 'prelu', alpha: parameters.create(`${name}/alpha`, [size], start) as tf.Tensor1D };
    }
    case 'dice':
    case 'scaledDice':
    case 'silu':
      return { kind: 'dice', dice: createDice(parameters, name, size, activation, options) };
    default:
      return { kind: 'plain', name: activation };
  }
}

/** @param x `[R, size]` */
export function activate(x: tf.Tensor2D, activation: LayerActivation, mode: StatisticsMode): tf.Tensor2D {
  switch (activation.kind) {
    case 'plain':
      return activatePlainly(x, activation.name) as tf.Tensor2D;
    case 'prelu':
      return tf.sub(tf.relu(x), tf.mul(activation.alpha, tf.relu(tf.neg(x))));
    case 'dice':
      return diceActivation(x, activation.dice, mode);
  }
}
