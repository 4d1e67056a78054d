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
      const pointers = [backend.at(x!), backend.at(gamma!), backend.at(beta!), y.at, saved.at];
      const parts = backend.library.parts(4 * rows * width);
      backend.library.run('layerNormForward', parts, ...pointers, rows, width, epsilon as number);
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
        library.withWorkspace(parts * 2 * width, (workspace) => {
          const inputs = [backend.at(x!), backend.at(gamma!), backend.at(output1!), backend.at(dy!)];
          library.run(
            'layerNormBackward',
            parts,
            ...inputs,
            dx.at,
            workspace,
            rows,
            width,
            dgamma.at,
            dbeta.at,
          );
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
      const pointers = [x!, gamma!, beta!, mean, variance].map((tensor) => backend.at(tensor));
      const parts = backend.library.parts(2 * rows * width);
      backend.library.run('batchNormForward', parts, ...pointers, y.at, rows, width, epsilon as number);
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
        library.withWorkspace(parts * 2 * width, (workspace) => {
          const pointers = [x!, gamma!, output1!, output2!, dy!].map((tensor) => backend.at(tensor));
          const rest = [rows, width, epsilon as number, mean === undefined ? 1 : 0, dgamma.at, dbeta.at];
          library.run('batchNormBackward', parts, ...pointers, dx.at, workspace, ...rest);
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
      const pointers = [x!, alpha!, mean, variance].map((tensor) => backend.at(tensor));
      const parts = backend.library.parts(COSTLY * rows * width);
      backend.library.run('diceForward', parts, ...pointers, y.at, rows, width, epsilon as number);
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
        library.withWorkspace(parts * 3 * width, (workspace) => {
          const pointers = [x!, alpha!, output1!, output2!, dy!].map((tensor) => backend.at(tensor));
          const rest = [rows, width, epsilon as number, mean === undefined ? 1 : 0, dalpha.at];
          library.run('diceBackward', parts, ...pointers, dx.at, workspace, ...rest);
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
  const results = [backend.output([width]), backend.output([width])] as const;
  const { library } = backend;
  const parts = library.parts(3 * rows * width);
  library.withWorkspace(parts * width, (workspace) =>
    library.run(
      'columnStatistics',
      parts,
      backend.at(x!),
      workspace,
      rows,
      width,
      results[0].at,
      results[1].at,
    ),
  );
  return { mean: results[0].info, variance: results[1].info };
}
