import type * as tf from '@tensorflow/tfjs-core';
import { linear, type Activation } from '../../compute/layers/linear';
import type { Projection } from '../../compute/layers/projections';
import type { Initializer, Parameters } from '../../compute/parameters';

/** Makes the parameters of a linear layer, `<name>/kernel` `[in, out]` and `<name>/bias` `[out]`, which starts at 0. */
export function createDense(
  parameters: Parameters,
  name: string,
  inputSize: number,
  outputSize: number,
  initializer: Initializer = { kind: 'glorotUniform' },
): Projection {
  return {
    kernel: parameters.create(`${name}/kernel`, [inputSize, outputSize], initializer) as tf.Tensor2D,
    bias: parameters.create(`${name}/bias`, [outputSize], { kind: 'constant', value: 0 }) as tf.Tensor1D,
  };
}

/**
 * activation(x·W + b) on the last axis.
 * @param x `[…, in]`
 * @returns `[…, out]`
 */
export function dense<T extends tf.Tensor>(
  x: T,
  { kernel, bias }: Projection,
  activation: Activation = 'none',
): T {
  return linear(x, kernel, bias, activation) as T;
}
