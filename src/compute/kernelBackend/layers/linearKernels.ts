import { sizes } from '../../kernels/signatures';
import type { Activation } from '../../layers/linear';
import { maskArguments, sizeOf, type Layer } from './layer';

/** Activations whose gradient needs what went in; that of the others needs what came out. */
const SAVES_INPUT: ReadonlySet<unknown> = new Set<Activation>(['gelu', 'silu']);

/** Products with a kernel, and what is fused to them. */
export const linearKernels: Record<string, Layer> = {
  Linear: {
    required: ['x', 'kernel'],
    optional: ['bias'],
    forward(backend, { x, kernel, bias }, { activation }) {
      const [inputSize, outputSize] = kernel!.shape as [number, number];
      const rows = sizeOf(x!.shape) / inputSize;
      const shape = [...x!.shape.slice(0, -1), outputSize];
      const y = backend.output(shape);
      const z = SAVES_INPUT.has(activation) ? backend.opaque(rows * outputSize) : undefined;
      backend.run('linearForward', backend.library.parts(rows * inputSize * outputSize), {
        ...{ x: x!, kernel: kernel!, bias, y, z },
        ...{ rows, in: inputSize, out: outputSize, activation: activation as Activation },
      });
      // As a scalar: see `opaque`.
      return [y.info, z?.info ?? backend.reshaped(y.info, [])];
    },
    gradient: {
      inputs: ['x', 'kernel', 'bias'],
      outputs: [1],
      kernel(backend, { x, kernel, output1, dy }, { activation }) {
        const [inputSize, outputSize] = kernel!.shape as [number, number];
        const rows = sizeOf(x!.shape) / inputSize;
        const dx = backend.output(x!.shape);
        const dkernel = backend.output(kernel!.shape);
        const dbias = backend.output([outputSize]);
        const { library } = backend;
        const parts = library.parts(2 * rows * inputSize * outputSize);
        const room = parts * (inputSize + 1) * outputSize + (activation === 'none' ? 0 : rows * outputSize);
        library.withWorkspace(room, (workspace) => {
          backend.run('linearBackward', parts, {
            ...{ x: x!, kernel: kernel!, saved: output1!, dy: dy!, dx, workspace },
            ...{ rows, in: inputSize, out: outputSize, activation: activation as Activation },
            ...{ dkernel, dbias },
          });
        });
        return [dx.info, dkernel.info, dbias.info];
      },
      of: ['x', 'kernel', 'bias'],
    },
  },

  Projections: {
    required: ['x', 'kernel0', 'bias0', 'kernel1', 'bias1', 'kernel2', 'bias2'],
    optional: ['gamma', 'beta'],
    forward(backend, inputs, { epsilon }) {
      const { x, gamma, beta } = inputs;
      const [inputSize, outputSize] = inputs.kernel0!.shape as [number, number];
      const rows = sizeOf(x!.shape) / inputSize;
      const output = () => backend.output([...x!.shape.slice(0, -1), outputSize]);
      const [y0, y1, y2] = [output(), output(), output()];
      const saved = gamma && backend.opaque(2 * rows);
      const { library } = backend;
      library.reserveScratch(sizes.LINEAR_BLOCK * inputSize);
      backend.run('projectionsForward', library.parts(3 * rows * inputSize * outputSize), {
        ...{ x: x!, rows, in: inputSize, out: outputSize, number: 3 },
        ...{ gamma, beta, saved, epsilon: epsilon as number },
        ...{ kernel0: inputs.kernel0!, bias0: inputs.bias0!, y0 },
        ...{ kernel1: inputs.kernel1!, bias1: inputs.bias1!, y1 },
        ...{ kernel2: inputs.kernel2!, bias2: inputs.bias2!, y2 },
      });
      return [y0, y1, y2, saved].flatMap((result) => result?.info ?? []);
    },
    gradient: {
      inputs: ['x', 'kernel0', 'kernel1', 'kernel2', 'gamma', 'beta'],
      outputs: [3],
      kernel(backend, inputs) {
        const { x, gamma, beta, output3 } = inputs;
        const [inputSize, outputSize] = inputs.kernel0!.shape as [number, number];
        const rows = sizeOf(x!.shape) / inputSize;
        const dx = backend.output(x!.shape);
        const ofKernel = () => backend.output([inputSize, outputSize]);
        const ofBias = () => backend.output([outputSize]);
        const [dkernel0, dbias0] = [ofKernel(), ofBias()];
        const [dkernel1, dbias1] = [ofKernel(), ofBias()];
        const [dkernel2, dbias2] = [ofKernel(), ofBias()];
        const dgamma = gamma && backend.output([inputSize]);
        const dbeta = gamma && backend.output([inputSize]);
        const { library } = backend;
        library.reserveScratch(2 * sizes.LINEAR_BLOCK * inputSize);
        const parts = library.parts(6 * rows * inputSize * outputSize);
        const room = parts * (3 * (inputSize + 1) * outputSize + 2 * inputSize);
        library.withWorkspace(room, (partials) => {
          backend.run('projectionsBackward', parts, {
            ...{ x: x!, rows, in: inputSize, out: outputSize, number: 3 },
            ...{ gamma, beta, saved: output3, dx, partials, dgamma, dbeta },
            ...{ kernel0: inputs.kernel0!, dy0: inputs.dy0!, dkernel0, dbias0 },
            ...{ kernel1: inputs.kernel1!, dy1: inputs.dy1!, dkernel1, dbias1 },
            ...{ kernel2: inputs.kernel2!, dy2: inputs.dy2!, dkernel2, dbias2 },
          });
        });
        const gradients = [dx, dkernel0, dbias0, dkernel1, dbias1, dkernel2, dbias2, dgamma, dbeta];
        return gradients.flatMap((result) => result?.info ?? []);
      },
      of: ['x', 'kernel0', 'bias0', 'kernel1', 'bias1', 'kernel2', 'bias2', 'gamma', 'beta'],
    },
  },

  ResidualLinear: {
    required: ['x', 'kernel', 'bias', 'residual'],
    forward(backend, { x, kernel, bias, residual }, attributes) {
      const [inputSize, outputSize] = kernel!.shape as [number, number];
      const rows = sizeOf(x!.shape) / inputSize;
      const y = backend.output(residual!.shape);
      backend.run('residualLinearForward', backend.library.parts(rows * inputSize * outputSize), {
        ...{ x: x!, kernel: kernel!, bias: bias!, residual: residual!, y },
        ...{ rows, in: inputSize, out: outputSize, ...maskArguments(attributes) },
      });
      return [y.info];
    },
    gradient: {
      inputs: ['x', 'kernel'],
      outputs: [],
      kernel(backend, { x, kernel, dy }, attributes) {
        const [inputSize, outputSize] = kernel!.shape as [number, number];
        const rows = sizeOf(x!.shape) / inputSize;
        const dx = backend.output(x!.shape);
        const dkernel = backend.output(kernel!.shape);
        const dbias = backend.output([outputSize]);
        const { library } = backend;
        const parts = library.parts(2 * rows * inputSize * outputSize);
        library.withWorkspace(parts * (inputSize + 1) * outputSize, (partials) => {
          backend.run('residualLinearBackward', parts, {
            ...{ x: x!, kernel: kernel!, dy: dy!, dx, partials },
            ...{ rows, in: inputSize, out: outputSize, ...maskArguments(attributes), dkernel, dbias },
          });
        });
        return [dx.info, dkernel.info, dbias.info, backend.reshaped(dy!, dy!.shape)];
      },
      of: ['x', 'kernel', 'bias', 'residual'],
    },
  },
};
