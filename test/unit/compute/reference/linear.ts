import type { Activation } from '../../../../src/compute/layers/linear';
import { erf, sigmoid, type Values } from './special';

/** activation(x·W + b) for `[rows, in]` and `[in, out]`. */
export function linear(
  x: Values,
  kernel: Values,
  bias: Values | null,
  inputSize: number,
  outputSize: number,
  activation: Activation = 'none',
): Float64Array {
  const rows = x.length / inputSize;
  const result = new Float64Array(rows * outputSize);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < outputSize; column++) {
      let sum = bias === null ? 0 : bias[column]!;
      for (let inner = 0; inner < inputSize; inner++)
        sum += x[row * inputSize + inner]! * kernel[inner * outputSize + column]!;
      result[row * outputSize + column] = activate(sum, activation);
    }
  }
  return result;
}

function activate(x: number, activation: Activation): number {
  switch (activation) {
    case 'none':
      return x;
    case 'relu':
      return Math.max(0, x);
    case 'gelu':
      return (x * (1 + erf(x / Math.SQRT2))) / 2;
    case 'sigmoid':
      return sigmoid(x);
    case 'tanh':
      return Math.tanh(x);
    case 'silu':
      return x * sigmoid(x);
  }
}
