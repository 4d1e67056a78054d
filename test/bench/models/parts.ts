import * as tf from '@tensorflow/tfjs-core';
import type { GruParameters } from '../../../src/compute/layers/gru';
import { linear, type Activation } from '../../../src/compute/layers/linear';
import type { Parameters } from '../../../src/compute/parameters';

export interface Dense {
  kernel: tf.Tensor2D;
  bias: tf.Tensor1D;
}

export function createDense(
  parameters: Parameters,
  name: string,
  inputSize: number,
  outputSize: number,
): Dense {
  return {
    kernel: createKernel(parameters, `${name}/kernel`, inputSize, outputSize),
    bias: createVector(parameters, `${name}/bias`, outputSize, 0),
  };
}

export function createKernel(
  parameters: Parameters,
  name: string,
  inputSize: number,
  outputSize: number,
): tf.Tensor2D {
  return parameters.create(name, [inputSize, outputSize], { kind: 'glorotUniform' }) as tf.Tensor2D;
}

export function createVector(parameters: Parameters, name: string, size: number, value: number): tf.Tensor1D {
  return parameters.create(name, [size], { kind: 'constant', value }) as tf.Tensor1D;
}

export function createTable(parameters: Parameters, name: string, rows: number, width: number): tf.Tensor2D {
  return parameters.create(name, [rows, width], { kind: 'normal', deviation: 0.05 }) as tf.Tensor2D;
}

export function createGru(
  parameters: Parameters,
  name: string,
  inputSize: number,
  width: number,
): GruParameters {
  return {
    inputKernel: createKernel(parameters, `${name}/inputKernel`, inputSize, 3 * width),
    inputBias: createVector(parameters, `${name}/inputBias`, 3 * width, 0),
    recurrentKernel: createKernel(parameters, `${name}/recurrentKernel`, width, 3 * width),
    recurrentBias: createVector(parameters, `${name}/recurrentBias`, 3 * width, 0),
  };
}

export function dense<T extends tf.Tensor>(
  x: T,
  { kernel, bias }: Dense,
  activation: Activation = 'none',
): T {
  return linear(x, kernel, bias, activation) as T;
}

/** Softmax over the last axis, in which what the mask has 0 for gets nothing. */
export function maskedSoftmax(logits: tf.Tensor2D, mask: tf.Tensor2D): tf.Tensor2D {
  return tf.softmax(tf.add<tf.Tensor2D>(logits, tf.mul(tf.sub(mask, 1), 1e9)));
}
