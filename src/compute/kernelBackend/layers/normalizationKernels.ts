import type * as tf from '@tensorflow/tfjs-core';
import type { KernelBackend } from '../kernelBackend';
import { COSTLY, sizeOf, type Inputs, type Layer } from './layer';

/** Layers that standardize rows or columns. */
export const normalizationKernels: Record<string, Layer> = {
  LayerNorm: {
    required: ['x', 'gamma', 'beta'],
    forward(backend, { x, gamma, beta }, { epsilon }) {
      const width = x!.shape.at(-1)!;
      const rows = sizeOf(x!.shape) / width;
      const y = backend.output(x!.shape);
      const saved = backend.opaque(2 * rows);
      backend.run('layerNormForward', backend.library.parts(4 * rows * width), {
        ...{ x: x!, gamma: gamma!, beta: beta!, y, saved, rows, width, epsilon: epsilon as number },
      });
      return [y.info, saved.info];
    },
    gradient: {
      inputs: ['x', 'gamma'],
      outputs: [1],
      kernel(backend, { x, gamma, output1, dy }) {
        const width = x!.shape.at(-1)!;
        const rows = sizeOf(x!.shape) / width;
        const dx = backend.output(x!.shape);
        const dgamma = backend.output([width]);
        const dbeta = backend.output([width]);
        const { library } = backend;
        const parts = library.parts(8 * rows * width);
        library.withWorkspace(parts * 2 * width, (partials) => {
          backend.run('layerNormBackward', parts, {
            ...{ x: x!, gamma: gamma!, saved: output1!, dy: dy!, dx, partials, rows, width, dgamma, dbeta },
          });
        });
        return [dx.info, dgamma.info, dbeta.info];
      },
      of: ['x', 'gamma', 'beta'],
    },
  },

  BatchNorm: {
    required: ['x', 'gamma', 'beta'],
    optional: ['mean', 'variance'],
    forward(backend, inputs, { epsilon }) {
      const { x, gamma, beta } = inputs;
      const [rows, width] = x!.shape as [number, number];
      const { mean, variance } = columnStatistics(backend, inputs);
      const y = backend.output(x!.shape);
      backend.run('batchNormForward', backend.library.parts(2 * rows * width), {
        ...{ x: x!, gamma: gamma!, beta: beta!, mean, variance, y, rows, width, epsilon: epsilon as number },
      });
      return [y.info, mean, variance];
    },
    gradient: {
      inputs: ['x', 'gamma', 'mean'],
      outputs: [1, 2],
      kernel(backend, { x, gamma, mean, output1, output2, dy }, { epsilon }) {
        const [rows, width] = x!.shape as [number, number];
        const dx = backend.output(x!.shape);
        const dgamma = backend.output([width]);
        const dbeta = backend.output([width]);
        const { library } = backend;
        const parts = library.parts(6 * rows * width);
        library.withWorkspace(parts * 2 * width, (partials) => {
          backend.run('batchNormBackward', parts, {
            ...{ x: x!, gamma: gamma!, mean: output1!, variance: output2!, dy: dy!, dx, partials },
            ...{ rows, width, epsilon: epsilon as number, ownStatistics: mean === undefined },
            ...{ dgamma, dbeta },
          });
        });
        return [dx.info, dgamma.info, dbeta.info];
      },
      of: ['x', 'gamma', 'beta'],
    },
  },

  Dice: {
    required: ['x', 'alpha'],
    optional: ['mean', 'variance'],
    forward(backend, inputs, { epsilon }) {
      const { x, alpha } = inputs;
      const [rows, width] = x!.shape as [number, number];
      const { mean, variance } = columnStatistics(backend, inputs);
      const y = backend.output(x!.shape);
      backend.run('diceForward', backend.library.parts(COSTLY * rows * width), {
        ...{ x: x!, alpha: alpha!, mean, variance, y, rows, width, epsilon: epsilon as number },
      });
      return [y.info, mean, variance];
    },
    gradient: {
      inputs: ['x', 'alpha', 'mean'],
      outputs: [1, 2],
      kernel(backend, { x, alpha, mean, output1, output2, dy }, { epsilon }) {
        const [rows, width] = x!.shape as [number, number];
        const dx = backend.output(x!.shape);
        const dalpha = backend.output([width]);
        const { library } = backend;
        const parts = library.parts(2 * COSTLY * rows * width);
        library.withWorkspace(parts * 3 * width, (partials) => {
          backend.run('diceBackward', parts, {
            ...{ x: x!, alpha: alpha!, mean: output1!, variance: output2!, dy: dy!, dx, partials },
            ...{ rows, width, epsilon: epsilon as number, ownStatistics: mean === undefined, dalpha },
          });
        });
        return [dx.info, dalpha.info];
      },
      of: ['x', 'alpha'],
    },
  },
};

/** Those that were given, or those of the columns of x. */
function columnStatistics(
  backend: KernelBackend,
  { x, mean, variance }: Inputs,
): { mean: tf.TensorInfo; variance: tf.TensorInfo } {
  if (mean !== undefined && variance !== undefined)
    return { mean: backend.reshaped(mean, mean.shape), variance: backend.reshaped(variance, variance.shape) };
  const [rows, width] = x!.shape as [number, number];
  const own = { mean: backend.output([width]), variance: backend.output([width]) };
  const { library } = backend;
  const parts = library.parts(3 * rows * width);
  library.withWorkspace(parts * width, (partials) => {
    backend.run('columnStatistics', parts, { x: x!, partials, rows, width, ...own });
  });
  return { mean: own.mean.info, variance: own.variance.info };
}
