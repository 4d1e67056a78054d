import type * as tf from '@tensorflow/tfjs-core';
import { batchNorm } from '../../compute/layers/batchNorm';
import { dropout } from '../../compute/layers/dropout';
import type { Projection } from '../../compute/layers/projections';
import type { Initializer, Parameters } from '../../compute/parameters';
import type { RandomStream } from '../../compute/random';
import { createDense, dense } from './dense';
import { DICE_EPSILON } from './diceActivation';
import { activate, createActivation, type ActivationName, type LayerActivation } from './layerActivation';
import {
  createRunningStatistics,
  statisticsFor,
  updateStatistics,
  type RunningStatistics,
  type StatisticsMode,
} from './runningStatistics';

export interface BatchNormOptions {
  /** Share of the running statistics that a batch leaves. */
  decay: number;
  /** Added to the variance. */
  epsilon: number;
  /** Whether it keeps the statistics it starts with, so that only γ and β are learned. */
  frozen: boolean;
  /** Whether the variance that is remembered is the unbiased one. */
  unbiased: boolean;
}

/** What is left out of batch normalization's is 0.9, 1e-5, no and no; `decay` is Dice's as well. */
export interface MlpOptions extends Partial<BatchNormOptions> {
  activation: ActivationName;
  /** Whether the last layer is a product and a bias alone. */
  linearLast?: boolean;
  /** Rate of dropout, or that of each layer. */
  dropout?: number | readonly number[];
  /** Whether dropout acts on what goes into a linear layer, before its activation, or on what comes out of it. */
  dropoutAt?: 'input' | 'beforeActivation' | 'output';
  /** Where in a layer batch normalization sits. */
  batchNorm?: 'none' | 'beforeActivation' | 'afterActivation';
  /** Whether the input of the first layer is normalized. */
  batchNormInput?: boolean;
  /** Added to the variance by Dice. */
  diceEpsilon?: number;
  initializer?: Initializer;
}

export interface BatchNormLayer {
  gamma: tf.Tensor1D;
  beta: tf.Tensor1D;
  running: RunningStatistics;
  epsilon: number;
  /** Whether the running statistics are used in training too, and stay as they are. */
  frozen: boolean;
}

interface MlpLayer {
  dense: Projection;
  /** `none` in a last layer that is linear, which has no batch normalization and no dropout behind it either. */
  activation: LayerActivation;
  batchNorm: BatchNormLayer | null;
  bare: boolean;
  /** Rate. */
  dropout: number;
}

export interface Mlp {
  inputNorm: BatchNormLayer | null;
  layers: readonly MlpLayer[];
  dropoutAt: 'input' | 'beforeActivation' | 'output';
  batchNorm: 'none' | 'beforeActivation' | 'afterActivation';
}

export interface MlpRun {
  /** Where dropout draws from; null outside training. */
  training: RandomStream | null;
  /** `training` in training and `running` otherwise, if left out. */
  statistics?: StatisticsMode;
  /** Whether the rows are those of the first layer's product already, with its bias: who could make it with less work. */
  isProduct?: boolean;
}

/**
 * Makes the parameters of a stack of linear layers: `<name>/<n>/kernel`, `bias`, and those of batch normalization and
 * activation. Without batch normalization and dropout a layer is activation(x·W + b).
 */
export function createMlp(
  parameters: Parameters,
  name: string,
  inputSize: number,
  layerSizes: readonly number[],
  options: MlpOptions,
): Mlp {
  const { activation, linearLast = false, batchNorm: normAt = 'none' } = options;
  const { dropout: rates = 0, dropoutAt = 'input' } = options;
  const { decay = 0.9, epsilon = 1e-5, frozen = false, unbiased = false } = options;
  const normOptions = { decay, epsilon, frozen, unbiased };
  const diceOptions = { decay, epsilon: options.diceEpsilon ?? DICE_EPSILON };
  const inputNorm =
    options.batchNormInput === true
      ? createBatchNorm(parameters, `${name}/input/norm`, inputSize, normOptions)
      : null;
  const layers = layerSizes.map((size, index): MlpLayer => {
    const layer = `${name}/${index}`;
    const bare = linearLast && index === layerSizes.length - 1;
    const normalized = !bare && normAt !== 'none';
    return {
      dense: createDense(parameters, layer, layerSizes[index - 1] ?? inputSize, size, options.initializer),
      batchNorm: normalized ? createBatchNorm(parameters, `${layer}/norm`, size, normOptions) : null,
      activation: createActivation(
        parameters,
        `${layer}/activation`,
        size,
        bare ? 'none' : activation,
        diceOptions,
      ),
      bare,
      dropout: typeof rates === 'number' ? rates : (rates[index] ?? 0),
    };
  });
  return { inputNorm, layers, dropoutAt, batchNorm: normAt };
}

/**
 * Runs rows through the layers.
 * @param x `[R, in]`
 * @returns `[R, out]`, out being the size of the last layer, or x if there is none
 */
export function mlp(x: tf.Tensor2D, { inputNorm, layers, ...options }: Mlp, run: MlpRun): tf.Tensor2D {
  const { training } = run;
  const mode = run.statistics ?? (training === null ? 'running' : 'training');
  const drop = (values: tf.Tensor2D, at: Mlp['dropoutAt'], { bare, dropout: rate }: MlpLayer): tf.Tensor2D =>
    at !== options.dropoutAt || (bare && at !== 'input')
      ? values
      : (dropout(values, rate, training) as tf.Tensor2D);

  let state = inputNorm === null ? x : normalizeBatch(x, inputNorm, mode);
  for (const [index, layer] of layers.entries()) {
    const { dense: projection, activation, batchNorm: norm } = layer;
    const multiplied = index === 0 && run.isProduct === true;
    state = drop(state, 'input', layer);
    const dropsBetween = options.dropoutAt === 'beforeActivation' && layer.dropout > 0;
    const between = dropsBetween || (norm !== null && options.batchNorm === 'beforeActivation');
    if (activation.kind === 'plain' && !between && !multiplied) {
      state = dense(state, projection, activation.name);
    } else {
      if (!multiplied) state = dense(state, projection);
      if (norm !== null && options.batchNorm === 'beforeActivation')
        state = normalizeBatch(state, norm, mode);
      state = activate(drop(state, 'beforeActivation', layer), activation, mode);
    }
    if (norm !== null && options.batchNorm === 'afterActivation') state = normalizeBatch(state, norm, mode);
    state = drop(state, 'output', layer);
  }
  return state;
}

/** Makes the parameters of a batch normalization: γ and β, which start at 1 and 0, and the running statistics. */
export function createBatchNorm(
  parameters: Parameters,
  name: string,
  size: number,
  { decay, epsilon, frozen, unbiased }: BatchNormOptions,
): BatchNormLayer {
  const vector = (part: string, value: number): tf.Tensor1D =>
    parameters.create(`${name}/${part}`, [size], { kind: 'constant', value }) as tf.Tensor1D;
  return {
    gamma: vector('gamma', 1),
    beta: vector('beta', 0),
    running: createRunningStatistics(parameters, name, size, decay, unbiased),
    epsilon,
    frozen,
  };
}

/** @param x `[R, size]` */
export function normalizeBatch(x: tf.Tensor2D, layer: BatchNormLayer, asked: StatisticsMode): tf.Tensor2D {
  const { gamma, beta, running, epsilon } = layer;
  const mode = layer.frozen ? 'running' : asked;
  const { output, ...used } = batchNorm(x, gamma, beta, statisticsFor(running, mode), epsilon);
  updateStatistics(running, used, x.shape[0], mode);
  return output;
}
