import { ComputeError } from '../../computeError';
import { sizes } from '../../kernels/signatures';
import { sizeOf, wholePanels, type Attributes, type Inputs, type Layer } from './layer';

/** Rows that kernels/pointwiseAttention.c has in its scratch at once, at most. */
const MAX_ROWS = 24;

/** Pointwise attention and its gate. */
export const pointwiseAttentionKernels: Record<string, Layer> = {
  PointwiseAttention: {
    required: ['projected', 'gamma', 'beta'],
    optional: ['keyMask', 'positionBias', 'timeBias', 'bounds', 'times'],
    forward(backend, inputs, attributes) {
      const given = argumentsOf(inputs, attributes);
      const { batch, length, heads, keySize, valueSize } = given;
      const y = backend.output([batch, length, heads * valueSize]);
      const { logits, mixed, saved, floats } = savedAt(given);
      const kept = backend.opaque(floats);
      const weights =
        attributes.wantsWeights === true ? backend.output([batch, heads, length, length]) : undefined;
      const work = batch * length * length * heads * (keySize + valueSize);
      backend.run('pointwiseAttentionForward', backend.library.parts(work), {
        ...given,
        ...{ y, logits: kept.at + logits, mixed: kept.at + mixed, saved: kept.at + saved, weights },
        epsilon: attributes.epsilon as number,
      });
      return [y.info, kept.info, ...(weights ? [weights.info] : [])];
    },
    gradient: {
      inputs: ['projected', 'gamma', 'beta', 'keyMask', 'positionBias', 'timeBias', 'bounds', 'times'],
      outputs: [1],
      kernel(backend, inputs, attributes) {
        const given = argumentsOf(inputs, attributes);
        const { projected, batch, length, heads, keySize, valueSize, positions, buckets } = given;
        const values = heads * valueSize;
        const dprojected = backend.output(projected.shape);
        const [dgamma, dbeta] = [backend.output([values]), backend.output([values])];
        const dpositionBias = given.positionBias && backend.output([positions]);
        const dtimeBias = given.timeBias && backend.output([buckets]);
        const { logits, mixed, saved } = savedAt(given);
        const kept = backend.at(inputs.output1!);
        const { library } = backend;
        const parts = library.parts(2 * batch * length * length * heads * (keySize + valueSize));
        const ofRows = batch * length * values;
        library.withWorkspace(ofRows + parts * (positions + buckets + 2 * values), (dmixed) => {
          backend.run('pointwiseAttentionBackward', parts, {
            ...given,
            ...{ logits: kept + logits, mixed: kept + mixed, saved: kept + saved, dy: inputs.dy! },
            ...{ dprojected, dmixed, partials: dmixed + 4 * ofRows },
            ...{ dpositionBias, dtimeBias, dgamma, dbeta },
          });
        });
        return [dprojected, dgamma, dbeta, dpositionBias, dtimeBias].flatMap((result) => result?.info ?? []);
      },
      of: ['projected', 'gamma', 'beta', 'positionBias', 'timeBias'],
    },
  },
};

/** Inputs, sizes and settings that both directions take. */
function argumentsOf(inputs: Inputs, attributes: Attributes) {
  const { projected, gamma, beta, keyMask, positionBias, timeBias, bounds, times } = inputs;
  const { numHeads, keySize, valueSize, divisor } = attributes as Record<string, number>;
  const [batch, length] = projected!.shape as [number, number];
  const heads = numHeads!;
  const positions = positionBias ? sizeOf(positionBias.shape) : 0;
  if (positionBias !== undefined && positions < length)
    throw new ComputeError(`There are ${length} positions, and biases for ${positions} distances.`);
  checkScratch(length, heads, keySize!, valueSize!);
  return {
    ...{ projected: projected!, gamma: gamma!, beta: beta!, keyMask, positionBias, timeBias, bounds, times },
    ...{ batch, length, heads, keySize: keySize!, valueSize: valueSize!, divisor: divisor! },
    ...{ positions, buckets: timeBias ? sizeOf(timeBias.shape) : 0 },
  };
}

/** Where in what is kept for the gradient its parts begin, in bytes, and how many floats it has. */
function savedAt({ batch, length, heads, valueSize }: ReturnType<typeof argumentsOf>) {
  const logits = batch * heads * length * length;
  const mixed = batch * length * heads * valueSize;
  return {
    logits: 0,
    mixed: 4 * logits,
    saved: 4 * (logits + mixed),
    floats: logits + mixed + 2 * batch * length,
  };
}

function checkScratch(length: number, heads: number, keySize: number, valueSize: number): void {
  const panels = wholePanels(length);
  const forward = heads * keySize * panels;
  const backward = 2 * MAX_ROWS * heads * valueSize + valueSize * panels;
  if (Math.max(forward, backward) + 2 * MAX_ROWS * panels <= sizes.OWN_FLOATS) return;
  throw new ComputeError(
    `Pointwise attention over ${length} positions with ${heads} heads of ${Math.max(keySize, valueSize)} does not fit into the ` +
      'engine’s scratch memory. Lower `model.maxSequenceLength`, or the width of the heads.',
  );
}
