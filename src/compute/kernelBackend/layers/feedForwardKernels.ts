import type { KernelBackend } from '../kernelBackend';
import { ACTIVATIONS, atOrNone, BLOCK_ROWS, sizeOf, type Attributes, type Inputs, type Layer } from './layer';

/** A transformer's feed-forward sub-layer. */
export const feedForwardKernels: Record<string, Layer> = {
  FeedForward: {
    required: ['x', 'innerKernel', 'innerBias', 'outerKernel', 'outerBias'],
    optional: ['gamma', 'beta'],
    forward(backend, inputs, attributes) {
      const { x, gamma, innerKernel, innerBias, outerKernel, outerBias } = inputs;
      const { rows, width, size, activation, masks } = feedForwardArguments(inputs, attributes);
      const y = backend.output(x!.shape);
      const saved = backend.opaque(gamma === undefined ? 1 : 2 * rows);
      const inner = backend.opaque(rows * size);
      const { library } = backend;
      library.reserveScratch(BLOCK_ROWS * (2 * width + size));
      const parts = library.parts(2 * rows * width * size);
      const pointers = [
        ...normalizedInput(backend, inputs),
        ...[innerKernel!, innerBias!, outerKernel!, outerBias!].map((tensor) => backend.at(tensor)),
        ...[y.at, saved.at, inner.at],
      ];
      const sizes = [rows, width, size, attributes.epsilon as number, activation];
      library.run('feedForwardForward', parts, ...pointers, ...sizes, ...masks);
      return [y.info, saved.info, inner.info];
    },
    gradient: {
      inputs: ['x', 'gamma', 'beta', 'innerKernel', 'outerKernel'],
      outputs: [1, 2],
      kernel(backend, inputs, attributes) {
        const { x, gamma, innerKernel, outerKernel, output1, output2, dy } = inputs;
        const { rows, width, size, activation, masks } = feedForwardArguments(inputs, attributes);
        const dx = backend.output(x!.shape);
        const shapes = [[width, size], [size], [size, width], [width]];
        const gradients = shapes.map((shape) => backend.output(shape));
        const scales = gamma === undefined ? [] : [backend.output([width]), backend.output([width])];
        const { library } = backend;
        library.reserveScratch(BLOCK_ROWS * (3 * width + 2 * size));
        const parts = library.parts(4 * rows * width * size);
        const room = parts * ((width + 1) * size + (size + 1) * width + 2 * width);
        library.withWorkspace(room, (partials) => {
          const pointers = [
            ...normalizedInput(backend, inputs),
            ...[innerKernel!, outerKernel!, output1!, output2!, dy!].map((tensor) => backend.at(tensor)),
            ...[dx.at, partials],
          ];
          const results = [...gradients, ...scales].map(({ at }) => at);
          const sizes = [rows, width, size, activation];
          library.run('feedForwardBackward', parts, ...pointers, ...sizes, ...masks, ...results);
        });
        return [dx, ...gradients, ...scales].map(({ info }) => info);
      },
      of: ['x', 'innerKernel', 'innerBias', 'outerKernel', 'outerBias', 'gamma', 'beta'],
    },
  },
};

function normalizedInput(backend: KernelBackend, { x, gamma, beta }: Inputs): number[] {
  return [backend.at(x!), atOrNone(backend, gamma), atOrNone(backend, beta)];
}

function feedForwardArguments({ x, innerKernel }: Inputs, attributes: Attributes) {
  const [width, size] = innerKernel!.shape as [number, number];
  const masks = ['inner', 'outer'].flatMap((place) =>
    ['Rate', 'Key', 'Start'].map((part) => attributes[place + part] as number),
  );
  const activation = ACTIVATIONS.indexOf(attributes.activation as string);
  return { rows: sizeOf(x!.shape) / width, width, size, activation, masks };
}
