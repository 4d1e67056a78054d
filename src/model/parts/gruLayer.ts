import * as tf from '@tensorflow/tfjs-core';
import type { GruParameters } from '../../compute/layers/gru';
import type { Initializer, Parameters } from '../../compute/parameters';

/**
 * How the kernels of a GRU start:
 * - `orthogonal`: the recurrent one orthogonal, that of the input as `glorotUniform`
 * - `glorotUniform`
 * - `uniform`: U(±1/√width), as in PyTorch
 * - `standardNormal`: N(0, 1), as in RecBole's cells with attention
 */
export type GruInitializer = 'orthogonal' | 'glorotUniform' | 'uniform' | 'standardNormal';

/**
 * Makes the parameters of a GRU: `<name>/inputKernel`, `inputBias`, `recurrentKernel`, `recurrentBias`.
 * @param gateBias what the input's biases of the reset and the update gate start from
 */
export function createGru(
  parameters: Parameters,
  name: string,
  inputSize: number,
  width: number,
  initializer: GruInitializer,
  gateBias: number,
): GruParameters {
  const [ofInput, ofState] = kernelInitializers(initializer, width);
  const kernel = (part: string, rows: number, start: Initializer): tf.Tensor2D =>
    parameters.create(`${name}/${part}`, [rows, 3 * width], start) as tf.Tensor2D;
  const bias = (part: string): tf.Variable =>
    parameters.create(`${name}/${part}`, [3 * width], { kind: 'constant', value: 0 });
  const inputKernel = kernel('inputKernel', inputSize, ofInput);
  const inputBias = bias('inputBias');
  tf.tidy(() => inputBias.assign(tf.concat([tf.fill([2 * width], gateBias), tf.zeros([width])])));
  const recurrentKernel = kernel('recurrentKernel', width, ofState);
  return {
    inputKernel,
    inputBias: inputBias as tf.Tensor as tf.Tensor1D,
    recurrentKernel,
    recurrentBias: bias('recurrentBias') as tf.Tensor as tf.Tensor1D,
  };
}

function kernelInitializers(initializer: GruInitializer, width: number): [Initializer, Initializer] {
  switch (initializer) {
    case 'orthogonal':
      return [{ kind: 'glorotUniform' }, { kind: 'orthogonal' }];
    case 'glorotUniform':
      return [{ kind: 'glorotUniform' }, { kind: 'glorotUniform' }];
    case 'uniform': {
      const uniform = { kind: 'uniform', limit: 1 / Math.sqrt(width) } as const;
      return [uniform, uniform];
    }
    case 'standardNormal':
      return [
        { kind: 'normal', deviation: 1 },
        { kind: 'normal', deviation: 1 },
      ];
  }
}

/** Values of a GRU's parameters. */
export function gruParameters(inputSize: number, width: number): number {
  return 3 * width * (inputSize + width + 2);
}
