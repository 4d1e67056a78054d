import * as tf from '@tensorflow/tfjs-core';
import type { SumParameters, SumVersion, SumWritingParameters } from '../../compute/layers/sumRecurrence';
import type { Parameters } from '../../compute/parameters';
import type { SumConfig } from './options';

/** What α and β start from. */
const ALPHA_START = 0.98;
const BETA_START = 1.02;

/** Parameters of the cell that have a gradient of their own; α may be made from one. */
export type Cell = Omit<SumParameters, 'heads' | 'beta'> & {
  /** `[S, d]`, or null where there is no slot but the highway channel. */
  heads: tf.Tensor2D | null;
  /** Null as `heads` is, because nothing would be sharpened. */
  beta: tf.Scalar | null;
  writing: SumWritingParameters | null;
};

/** Makes the cell. Its biases start at 1 as in the reference: gates are open at first. */
export function createCell(parameters: Parameters, config: SumConfig, width: number): Cell {
  const { hiddenSize, cell, slots } = config;
  const kernel = (name: string, shape: [number, number]): tf.Tensor2D =>
    parameters.create(`cell/${name}`, shape, { kind: 'glorotUniform' }) as tf.Tensor2D;
  const bias = (name: string, size: number): tf.Tensor1D =>
    parameters.create(`cell/${name}`, [size], { kind: 'constant', value: 1 }) as tf.Tensor1D;
  const scalar = (name: string, value: number): tf.Scalar =>
    parameters.create(`cell/${name}`, [], { kind: 'constant', value }) as tf.Scalar;
  const inputs = width + hiddenSize;
  const S = slots - 1;
  return {
    heads: S === 0 ? null : kernel('heads', [S, width]),
    eraseKernel: kernel('erase/kernel', [inputs, hiddenSize]),
    eraseBias: bias('erase/bias', hiddenSize),
    resetKernel: kernel('reset/kernel', [inputs, 1]),
    resetBias: bias('reset/bias', 1),
    addKernel: kernel('add/kernel', [inputs, hiddenSize]),
    addBias: bias('add/bias', hiddenSize),
    alpha: scalar('alpha', alphaStart(config.alpha)),
    beta: S === 0 ? null : scalar('beta', BETA_START),
    writing:
      cell === 'SUM' || S === 0
        ? null
        : {
            writingKernel: kernel('writing/kernel', [inputs, hiddenSize]),
            writingBias: bias('writing/bias', hiddenSize),
            writingHeads: kernel('writing/heads', [hiddenSize, S]),
          },
  };
}

/** θ for which α is {@link ALPHA_START}. */
function alphaStart(form: SumConfig['alpha']): number {
  switch (form) {
    case 'exponential':
      return Math.log(ALPHA_START);
    case 'softplus':
      return Math.log(Math.expm1(ALPHA_START));
    case 'free':
      return ALPHA_START;
  }
}

function alphaOf(parameter: tf.Scalar, form: SumConfig['alpha']): tf.Scalar {
  switch (form) {
    case 'exponential':
      return tf.exp(parameter);
    case 'softplus':
      return tf.softplus(parameter);
    case 'free':
      return parameter;
  }
}

/** The cell as the recurrence takes it. With the highway channel alone both versions are the same. */
export function cellInputs(
  { heads, alpha, beta, writing, ...others }: Cell,
  config: SumConfig,
  width: number,
): { parameters: SumParameters; version: SumVersion } {
  return {
    parameters: {
      ...others,
      heads: heads ?? tf.zeros([0, width]),
      alpha: alphaOf(alpha, config.alpha),
      beta: beta ?? tf.scalar(BETA_START),
    },
    version: writing === null ? { type: 'SUM' } : { type: 'SUMV2', writing },
  };
}
