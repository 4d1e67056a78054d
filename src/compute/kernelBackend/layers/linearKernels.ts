import { ACTIVATIONS, atOrNone, BLOCK_ROWS, sizeOf, type Layer } from './layer';

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
      const z = activation === 'gelu' ? backend.opaque(rows * outputSize) : null;
      const parts = backend.library.parts(rows * inputSize * outputSize);
      const pointers = [backend.at(x!), backend.at(kernel!), atOrNone(backend, bias), y.at, z?.at ?? 0];
      const kind = ACTIVATIONS.indexOf(activation as string);
      backend.library.run('linearForward', parts, ...pointers, rows, inputSize, outputSize, kind);
      // The gradient of gelu needs what went in, that of the others what came out. As a scalar: see `opaque`.
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
        const kind = ACTIVATIONS.indexOf(activation as string);
        const room = parts * (inputSize + 1) * outputSize + (kind === 0 ? 0 : rows * outputSize);
        library.withWorkspace(room, (workspace) => {
          const inputs = [backend.at(x!), backend.at(kernel!), backend.at(output1!), backend.at(dy!)];
          const sizes = [rows, inputSize, outputSize, kind];
          library.run('linearBackward', parts, ...inputs, dx.at, workspace, ...sizes, dkernel.at, dbias.at);
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
      const outputs = [0, 1, 2].map(() => backend.output([...x!.shape.slice(0, -1), outputSize]));
      const saved = gamma === undefined ? null : backend.opaque(2 * rows);
      const each = outputs.flatMap(({ at }, place) => [
        backend.at(inputs[`kernel${place}`]!),
        backend.at(inputs[`bias${place}`]!),
        at,
      ]);
      const { library } = backend;
      library.reserveScratch(BLOCK_ROWS * inputSize);
      const parts = library.parts(3 * rows * inputSize * outputSize);
      const scale = [atOrNone(backend, gamma), atOrNone(backend, beta), saved?.at ?? 0, epsilon as number];
      const sizes = [rows, inputSize, outputSize, 3];
      library.run('projectionsForward', parts, backend.at(x!), ...sizes, ...scale, ...each);
      return [...outputs.map(({ info }) => info), ...(saved === null ? [] : [saved.info])];
    },
    gradient: {
      inputs: ['x', 'kernel0', 'kernel1', 'kernel2', 'gamma', 'beta'],
      outputs: [3],
      kernel(backend, inputs) {
        const { x, gamma, beta, output3 } = inputs;
        const [inputSize, outputSize] = inputs.kernel0!.shape as [number, number];
        const rows = sizeOf(x!.shape) / inputSize;
        const dx = backend.output(x!.shape);
        const gradients = [0, 1, 2].map(
          () => [backend.output([inputSize, outputSize]), backend.output([outputSize])] as const,
        );
        const scales = gamma === undefined ? [] : [backend.output([inputSize]), backend.output([inputSize])];
        const { library } = backend;
        library.reserveScratch(2 * BLOCK_ROWS * inputSize);
        const parts = library.parts(6 * rows * inputSize * outputSize);
        const room = parts * (3 * (inputSize + 1) * outputSize + 2 * inputSize);
        library.withWorkspace(room, (partials) => {
          const each = gradients.flatMap(([dkernel, dbias], place) => [
            backend.at(inputs[`kernel${place}`]!),
            backend.at(inputs[`dy${place}`]!),
            dkernel.at,
            dbias.at,
          ]);
          const sizes = [rows, inputSize, outputSize, 3];
          const scale = [gamma, beta, output3].map((tensor) => atOrNone(backend, tensor));
          const results = [dx.at, partials, scales[0]?.at ?? 0, scales[1]?.at ?? 0];
          library.run('projectionsBackward', parts, backend.at(x!), ...sizes, ...scale, ...results, ...each);
        });
        return [dx, ...gradients.flat(), ...scales].map(({ info }) => info);
      },
      of: ['x', 'kernel0', 'bias0', 'kernel1', 'bias1', 'kernel2', 'bias2', 'gamma', 'beta'],
    },
  },

  ResidualLinear: {
    required: ['x', 'kernel', 'bias', 'residual'],
    forward(backend, { x, kernel, bias, residual }, { rate, key, start }) {
      const [inputSize, outputSize] = kernel!.shape as [number, number];
      const rows = sizeOf(x!.shape) / inputSize;
      const y = backend.output(residual!.shape);
      const parts = backend.library.parts(rows * inputSize * outputSize);
      const pointers = [x!, kernel!, bias!, residual!].map((tensor) => backend.at(tensor));
      const numbers = [rate, key, start] as number[];
      const sizes = [rows, inputSize, outputSize, ...numbers];
      backend.library.run('residualLinearForward', parts, ...pointers, y.at, ...sizes);
      return [y.info];
    },
    gradient: {
      inputs: ['x', 'kernel'],
      outputs: [],
      kernel(backend, { x, kernel, dy }, { rate, key, start }) {
        const [inputSize, outputSize] = kernel!.shape as [number, number];
        const rows = sizeOf(x!.shape) / inputSize;
        const dx = backend.output(x!.shape);
        const dkernel = backend.output(kernel!.shape);
        const dbias = backend.output([outputSize]);
        const { library } = backend;
        const parts = library.parts(2 * rows * inputSize * outputSize);
        library.withWorkspace(parts * (inputSize + 1) * outputSize, (partials) => {
          const pointers = [x!, kernel!, dy!].map((tensor) => backend.at(tensor));
          const numbers = [rate, key, start] as number[];
          const sizes = [rows, inputSize, outputSize, ...numbers];
          const outputs = [dkernel.at, dbias.at];
          library.run('residualLinearBackward', parts, ...pointers, dx.at, partials, ...sizes, ...outputs);
        });
        return [dx.info, dkernel.info, dbias.info, backend.reshaped(dy!, dy!.shape)];
      },
      of: ['x', 'kernel', 'bias', 'residual'],
    },
  },
};
