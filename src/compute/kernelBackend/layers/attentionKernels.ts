import { ComputeError } from '../../computeError';
import { sizeOf, type Attributes, type Layer } from './layer';

/** Values of one sequence's keys of one head that kernels/attention.c can pack. */
const MAX_HEAD = 1_000_000;

/** Multi-head attention. */
export const attentionKernels: Record<string, Layer> = {
  Attention: {
    required: ['query', 'key', 'value'],
    optional: ['keyMask'],
    forward(backend, { query, key, value, keyMask }, attributes) {
      const [batch, length] = query!.shape as [number, number];
      const output = backend.output(query!.shape);
      const shapeOfWeights = [batch, attributes.numHeads as number, length, length];
      // The gradient needs them in any case; as an output TensorFlow.js would make zeros of their size for it.
      const weights =
        attributes.wantsWeights === true
          ? backend.output(shapeOfWeights)
          : backend.opaque(sizeOf(shapeOfWeights));
      backend.run('attentionForward', backend.library.parts(2 * batch * length * length * query!.shape[2]!), {
        ...{ query: query!, key: key!, value: value!, keyMask, output, weights },
        ...attentionArguments(query!.shape, attributes),
      });
      return [output.info, weights.info];
    },
    gradient: {
      inputs: ['query', 'key', 'value', 'keyMask'],
      outputs: [1],
      kernel(backend, { query, key, value, keyMask, output1, dy }, attributes) {
        const { shape } = query!;
        const [dquery, dkey, dvalue] = [backend.output(shape), backend.output(shape), backend.output(shape)];
        const parts = backend.library.parts(4 * shape[0]! * shape[1]! * shape[1]! * shape[2]!);
        backend.run('attentionBackward', parts, {
          ...{ query: query!, key: key!, value: value!, keyMask, weights: output1!, doutput: dy! },
          ...{ dquery, dkey, dvalue },
          ...attentionArguments(shape, attributes),
        });
        return [dquery.info, dkey.info, dvalue.info];
      },
      of: ['query', 'key', 'value'],
    },
  },
};

/** Sizes and settings that both directions take. */
function attentionArguments(shape: number[], attributes: Attributes) {
  const { numHeads, causal, scale, rate, key, start } = attributes as Record<string, number>;
  const [batch, length, width] = shape as [number, number, number];
  if ((width / numHeads!) * length > MAX_HEAD) {
    throw new ComputeError(
      `Attention over ${length} positions with heads of ${width / numHeads!} does not fit into the engine's scratch memory. ` +
        'Lower `model.maxSequenceLength`, or raise `model.numHeads`.',
    );
  }
  return {
    ...{ batch, length, width, heads: numHeads!, causal: Boolean(causal), scale: scale! },
    ...{ dropoutRate: rate!, dropoutKey: key!, dropoutStart: start! },
  };
}
