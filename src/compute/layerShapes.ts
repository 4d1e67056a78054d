import type * as tf from '@tensorflow/tfjs-core';

/*
 * The shapes that fused layers take. Kernels trust them, and would read beyond a tensor that is smaller than the others say.
 */

/**
 * Sizes of the axes of each input. A name stands for one size, the same wherever the layer has it; names that are added or
 * multiplied come after those that they consist of. `…` at the start is any axes, the same wherever the layer has it.
 */
type InputShapes = Readonly<Record<string, string>>;

const SHAPES: Readonly<Record<string, InputShapes>> = {
  Linear: { x: '… in', kernel: 'in out', bias: 'out' },
  Projections: {
    ...{ x: '… in', gamma: 'in', beta: 'in' },
    ...{ kernel0: 'in out', bias0: 'out', kernel1: 'in out', bias1: 'out', kernel2: 'in out', bias2: 'out' },
  },
  ResidualLinear: { x: '… in', kernel: 'in out', bias: 'out', residual: '… out' },
  FeedForward: {
    ...{ x: '… d', gamma: 'd', beta: 'd' },
    ...{ innerKernel: 'd inner', innerBias: 'inner', outerKernel: 'inner d', outerBias: 'd' },
  },
  LayerNorm: { x: '… d', gamma: 'd', beta: 'd' },
  BatchNorm: { x: 'rows d', gamma: 'd', beta: 'd', mean: 'd', variance: 'd' },
  Dice: { x: 'rows d', alpha: 'd', mean: 'd', variance: 'd' },
  Attention: { query: 'B T d', key: 'B T d', value: 'B T d', keyMask: 'B T' },
  PointwiseAttention: {
    ...{ projected: 'B T p', gamma: 'values', beta: 'values', keyMask: 'B T' },
    ...{ timeBias: 'buckets', bounds: 'buckets', times: 'B 2 T' },
  },
  EmbeddingLookup: { table: 'N d', indices: '…' },
  EmbeddingBag: { table: 'N d', indices: 'rows k' },
  WeightedEmbeddingBag: { table: 'N d', indices: 'rows k', weights: 'rows k' },
  RowwiseScores: { states: 'rows d', table: 'N d', ids: 'rows k' },
  CandidateCrossEntropy: {
    ...{ states: 'rows d', candidates: 'C d', targets: 'rows', scale: '' },
    ...{ logitBias: 'C', rowItems: 'rows', candidateItems: 'C' },
  },
  SampledCrossEntropy: { logits: 'rows k' },
  BinaryCrossEntropy: { logits: '…', labels: '…', weights: '…' },
  Gru: {
    ...{ x: 'B T D', mask: 'B T', attention: 'B T', recurrentKernel: 'H 3·H', recurrentBias: '3·H' },
    ...{ inputKernel: 'D 3·H', inputBias: '3·H' },
  },
  SumRecurrence: {
    ...{ x: 'B T d', mask: 'B T', heads: 'S d', alpha: '', beta: '' },
    ...{
      eraseBias: 'h',
      eraseKernel: 'd+h h',
      addBias: 'h',
      addKernel: 'd+h h',
      resetBias: '1',
      resetKernel: 'd+h 1',
    },
    ...{ writingBias: 'h', writingKernel: 'd+h h', writingHeads: 'h S' },
  },
};

/** Inputs that say which rows of another one are read; each must be there. */
const INDICES: Readonly<Record<string, { indices: string; rowsOf: string }>> = {
  EmbeddingLookup: { indices: 'indices', rowsOf: 'table' },
  EmbeddingBag: { indices: 'indices', rowsOf: 'table' },
  WeightedEmbeddingBag: { indices: 'indices', rowsOf: 'table' },
  RowwiseScores: { indices: 'ids', rowsOf: 'table' },
  CandidateCrossEntropy: { indices: 'targets', rowsOf: 'candidates' },
};

/** An input of a fused layer does not fit the others. */
export class LayerInputError extends Error {
  override readonly name = 'LayerInputError';
  readonly code = 'compute/layer-input';
}

/**
 * Checks the shapes of a fused layer's inputs against each other.
 * @param layer name, as in docs/compute.md; one that is not listed is not checked
 * @throws LayerInputError naming the first input that does not fit
 */
export function checkShapes(layer: string, inputs: Readonly<Record<string, tf.Tensor>>): void {
  const shapes = SHAPES[layer];
  if (shapes === undefined) return;
  const sizes = new Map<string, number>();
  let leading: readonly number[] | undefined;
  for (const [name, pattern] of Object.entries(shapes)) {
    const input = inputs[name];
    if (input === undefined) continue;
    const { shape } = input;
    const axes = pattern === '' ? [] : pattern.split(' ');
    const hasLeading = axes[0] === '…';
    const own = hasLeading ? axes.slice(1) : axes;
    const start = hasLeading ? Math.max(0, shape.length - own.length) : 0;
    if (hasLeading) leading ??= shape.slice(0, start);
    const isNew = own.filter((axis) => !sizes.has(axis));
    const fits =
      shape.length === start + own.length &&
      (!hasLeading || leading!.length === start) &&
      (!hasLeading || leading!.every((size, axis) => size === shape[axis])) &&
      own.every((axis, place) => sizeOf(axis, sizes, shape[start + place]!) === shape[start + place]);
    if (fits) continue;
    // What this input was the first to have is not expected of it.
    for (const axis of isNew) sizes.delete(axis);
    const expected = [...(hasLeading ? leading! : []), ...own.map((axis) => knownSize(axis, sizes) ?? axis)];
    const others = Object.entries(inputs)
      .filter(([other]) => other !== name && other in shapes)
      .map(([other, { shape: itsShape }]) => `\`${other}\` [${itsShape.join(', ')}]`);
    throw new LayerInputError(
      `${layer}: \`${name}\` has the shape [${shape.join(', ')}]; expected [${expected.join(', ')}]` +
        (others.length === 0 ? '.' : `, given ${others.join(', ')}.`),
    );
  }
}

/** The size that an axis must have; that which it has, remembered, where its name is new. */
function sizeOf(axis: string, sizes: Map<string, number>, found: number): number {
  const known = knownSize(axis, sizes);
  if (known !== undefined) return known;
  sizes.set(axis, found);
  return found;
}

/** Undefined while a name in it is new. */
function knownSize(axis: string, sizes: ReadonlyMap<string, number>): number | undefined {
  const terms = axis.split('+').map((term) => {
    const factors = term
      .split('·')
      .map((factor) => (/^\d+$/.test(factor) ? Number(factor) : sizes.get(factor)));
    return factors.reduce((product, factor) =>
      product === undefined || factor === undefined ? undefined : product * factor,
    );
  });
  return terms.reduce((sum, term) => (sum === undefined || term === undefined ? undefined : sum + term));
}

/**
 * Checks that a fused layer reads rows that are there.
 * @param values those of the input that {@link INDICES} names for the layer
 * @throws LayerInputError naming the first index that is none
 */
export function checkIndices(
  layer: string,
  inputs: Readonly<Record<string, tf.TensorInfo>>,
  values: (indices: tf.TensorInfo) => Int32Array,
): void {
  const rule = INDICES[layer];
  if (rule === undefined) return;
  const rows = inputs[rule.rowsOf]!.shape[0]!;
  const indices = values(inputs[rule.indices]!);
  for (const [place, index] of indices.entries()) {
    if (index >= 0 && index < rows) continue;
    throw new LayerInputError(
      `${layer}: \`${rule.indices}\` has the value ${index} at place ${place}; expected 0 to ${rows - 1}, the rows of \`${rule.rowsOf}\`.`,
    );
  }
}
