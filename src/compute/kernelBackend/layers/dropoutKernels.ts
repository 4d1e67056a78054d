import type * as tf from '@tensorflow/tfjs-core';
import type { KernelBackend } from '../kernelBackend';
import { maskArguments, sizeOf, type Attributes, type Layer } from './layer';

/** Dropout, whose gradient is dropout of the gradient at the same places. */
export const dropoutKernels: Record<string, Layer> = {
  Dropout: {
    required: ['x'],
    forward: (backend, { x }, attributes) => [dropout(backend, x!, attributes)],
    gradient: {
      inputs: [],
      outputs: [],
      kernel: (backend, { dy }, attributes) => [dropout(backend, dy!, attributes)],
      of: ['x'],
    },
  },
};

function dropout(backend: KernelBackend, x: tf.TensorInfo, attributes: Attributes): tf.TensorInfo {
  const count = sizeOf(x.shape);
  const y = backend.output(x.shape);
  backend.run('dropout', backend.library.parts(8 * count), { x, y, count, ...maskArguments(attributes) });
  return y.info;
}
