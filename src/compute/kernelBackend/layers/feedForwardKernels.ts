import type { Activation } from '../../layers/linear';
import { sizes } from '../../kernels/signatures';
import { sizeOf, type Attributes, type Inputs, type Layer } from './layer';

/** A transformer's feed-forward sub-layer. */
export const feedForwardKernels: Record<string, Layer> = {
  FeedForward: {
    required: ['x', 'innerKernel', 'innerBias', 'outerKernel', 'outerBias'],
    optional: ['gamma', 'beta'],
    forward(backend, inputs, attributes) {
      const { x, gamma, beta, innerKernel, innerBias, outerKernel, outerBias } = inputs;
      const { shape, settings } = feedForwardArguments(inputs, attributes);
      const { rows, width, size } = shape;
      const y = backend.output(x!.shape);
      const saved = backend.opaque(gamma === undefined ? 1 : 2 * rows);
      const inner = backend.opaque(rows * size);
      const { library } = backend;
      library.reserveScratch(sizes.LINEAR_BLOCK * (2 * width + size));
      backend.run('feedForwardForward', library.parts(2 * rows * width * size), {
        ...{ x: x!, gamma, beta, innerKernel: innerKernel!, innerBias: innerBias! },
        ...{ outerKernel: outerKernel!, outerBias: outerBias!, y, saved, inner },
        ...{ ...shape, epsilon: attributes.epsilon as number, ...settings },
      });
      return [y.info, saved.info, inner.info];
    },
    gradient: {
      inputs: ['x', 'gamma', 'beta', 'innerKernel', 'outerKernel'],
      outputs: [1, 2],
      kernel(backend, inputs, attributes) {
        const { x, gamma, beta, innerKernel, outerKernel, output1, output2, dy } = inputs;
        const { shape, settings } = feedForwardArguments(inputs, attributes);
        const { rows, width, size } = shape;
        const dx = backend.output(x!.shape);
        const [dinnerKernel, dinnerBias] = [backend.output([width, size]), backend.output([size])];
        const [douterKernel, douterBias] = [backend.output([size, width]), backend.output([width])];
        const dgamma = gamma && backend.output([width]);
        const dbeta = gamma && backend.output([width]);
        const { library } = backend;
        library.reserveScratch(sizes.LINEAR_BLOCK * (3 * width + 2 * size));
        const parts = library.parts(4 * rows * width * size);
        const room = parts * ((width + 1) * size + (size + 1) * width + 2 * width);
        library.withWorkspace(room, (partials) => {
          backend.run('feedForwardBackward', parts, {
            ...{ x: x!, gamma, beta, innerKernel: innerKernel!, outerKernel: outerKernel! },
            ...{ saved: output1!, inner: output2!, dy: dy!, dx, partials, ...shape, ...settings },
            ...{ dinnerKernel, dinnerBias, douterKernel, douterBias, dgamma, dbeta },
          });
        });
        return [dx, dinnerKernel, dinnerBias, douterKernel, douterBias, dgamma, dbeta].flatMap(
          (output) => output?.info ?? [],
        );
      },
      of: ['x', 'innerKernel', 'innerBias', 'outerKernel', 'outerBias', 'gamma', 'beta'],
    },
  },
};

/** The sizes, and the settings, of both directions. */
function feedForwardArguments({ x, innerKernel }: Inputs, attributes: Attributes) {
  const [width, size] = innerKernel!.shape as [number, number];
  const { innerRate, innerKey, innerStart, outerRate, outerKey, outerStart } = attributes as Record<
    'innerRate' | 'innerKey' | 'innerStart' | 'outerRate' | 'outerKey' | 'outerStart',
    number
  >;
  return {
    shape: { rows: sizeOf(x!.shape) / width, width, size },
    settings: {
      activation: attributes.activation as Activation,
      ...{ innerRate, innerKey, innerStart, outerRate, outerKey, outerStart },
    },
  };
}
