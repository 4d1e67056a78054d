import { ComputeError } from '../../computeError';
import { atOrNone, sizeOf, type Attributes, type Layer } from './layer';

/** Values of one sequence's keys of one head that kernels/attention.c can pack. */
const MAX_HEAD = 1_000_000;

/** Multi-head attention. */
export const attentionKernels: Record<string, Layer> = {
  Attention: {
    required: ['query', 'key', 'value'],
    optional: ['keyMask'],
    forward(backend, { query, key, value, keyMask }, attributes) {
      const [size, length] = query!.shape as [number, number];
      const output = backend.output(query!.shape);
      const shapeOfWeights = [size, attributes.numHeads as number, length, length];
      // The gradient needs them in any case; as an output TensorFlow.js would make zeros of their size for it.
      const weights =
        attributes.wantsWeights === true
          ? backend.output(shapeOfWeights)
          : backend.opaque(sizeOf(shapeOfWeights));
      const inputs = [backend.at(query!), backend.at(key!), backend.at(value!), atOrNone(backend, keyMask)];
      const parts = backend.library.parts(2 * size * length * length * query!.shape[2]!);
      const shape = attentionArguments(query!.shape, attributes);
      backend.library.run('attentionForward', parts, ...inputs, output.at, weights.at, ...shape);
      return [output.info, weights.info];
    },
    gradient: {
      inputs: ['query', 'key', 'value', 'keyMask'],
      outputs: [1],
      kernel(backend, { query, key, value, keyMask, output1, dy }, attributes) {
        const { shape } = query!;
        const [dquery, dkey, dvalue] = [backend.output(shape), backend.output(shape), backend.output(shape)];
        const inputs = [backend.at(query!), backend.at(key!), backend.at(value!), atOrNone(backend, keyMask)];
        const gradients = [backend.at(output1!), backend.at(dy!), dquery.at, dkey.at, dvalue.at];
        const parts = backend.library.parts(4 * shape[0]! * shape[1]! * shape[1]! * shape[2]!);
        const rest = attentionArguments(shape, attributes);
        backend.library.run('attentionBackward', parts, ...inputs, ...gradients, ...rest);
        return [dquery.info, dkey.info, dvalue.info];
      },
      of: ['query', 'key', 'value'],
    },
  },
};

function attentionArguments(shape: number[], attributes: Attributes): number[] {
  const { numHeads, causal, scale, rate, key, start } = attributes as Record<string, number>;
  const [size, length, width] = shape as [number, number, number];
  if ((width / numHeads!) * length > MAX_HEAD) {
    throw new ComputeError(
      `Attention over ${length} positions with heads of ${width / numHeads!} does not fit into the engine's scratch. ` +
        'Lower `model.maxSequenceLength`, or raise `model.numHeads`.',
    );
  }
  return [size, length, width, numHeads!, Number(causal), scale!, rate!, key!, start!];
}
