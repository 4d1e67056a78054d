import type * as tf from '@tensorflow/tfjs-core';
import type { KernelBackend, Output } from '../kernelBackend';
import { sizes } from '../../kernels/signatures';
import { COSTLY, sizeOf, wholePanels, type Gradient, type Layer } from './layer';

const BLOCK_ROWS = sizes.CROSS_ENTROPY_ROWS;
/** What a loss on logits does: its kernel has made the gradient along with the loss. */
const lossGradient: Gradient = {
  inputs: ['logits'],
  outputs: [1],
  kernel: (backend, { logits, output1, dy }) => [scaled(backend, output1!, logits!.shape, dy!)],
  of: ['logits'],
};

/** Losses, and the scores that they are made of. */
export const lossKernels: Record<string, Layer> = {
  CandidateCrossEntropy: {
    required: ['states', 'candidates', 'targets', 'scale'],
    optional: ['logitBias', 'rowItems', 'candidateItems'],
    // The gradient for dy = 1 is made along with the loss, while a block of scores is in the cache.
    forward(backend, { states, candidates, targets, scale, logitBias, rowItems, candidateItems }) {
      const [rows, width] = states!.shape as [number, number];
      const count = candidates!.shape[0]!;
      const { library } = backend;
      const loss = backend.output([]);
      const dstates = backend.opaque(rows * width);
      const dcandidates = backend.opaque(count * width);
      const dbias = logitBias && backend.opaque(count);
      const dscale = backend.output([]);
      const work = 3 * rows * count * width;
      // Every part has a gradient of all candidates of its own: not more of them than rows pay for.
      const parts = Math.min(library.parts(work), Math.max(1, Math.floor(rows / 16)));
      const packed = wholePanels(count) * width + wholePanels(width) * count;
      const partials = parts * (count * width + count + 2);
      library.withWorkspace(packed + partials + parts * BLOCK_ROWS * (count + width) + 2, (workspace) => {
        const packedAt = workspace + 8;
        const partialsAt = packedAt + 4 * packed;
        backend.run('candidateCrossEntropy', parts, {
          ...{ states: states!, candidates: candidates!, targets: targets!, bias: logitBias },
          ...{ rowItems, candidateItems, scale: scale!, dstates, dcandidates, dbias, outputs: workspace },
          ...{ packed: packedAt, partials: partialsAt, blocks: partialsAt + 4 * partials },
          ...{ rows, count, width, blockRows: BLOCK_ROWS },
        });
        const results = library.memory.floats(workspace, 2);
        backend.floats(loss.info)[0] = results[0]!;
        backend.floats(dscale.info)[0] = results[1]!;
      });
      return [loss, dstates, dcandidates, dscale, ...(dbias ? [dbias] : [])].map(({ info }) => info);
    },
    gradient: {
      inputs: ['states', 'candidates', 'scale', 'logitBias'],
      outputs: [1, 2, 3, 4],
      kernel(backend, { states, candidates, scale, logitBias, output1, output2, output3, output4, dy }) {
        const results = [
          scaled(backend, output1!, states!.shape, dy!),
          scaled(backend, output2!, candidates!.shape, dy!),
          scaled(backend, output3!, scale!.shape, dy!),
        ];
        if (logitBias) results.push(scaled(backend, output4!, logitBias.shape, dy!));
        return results;
      },
      of: ['states', 'candidates', 'scale', 'logitBias'],
    },
  },

  RowwiseScores: {
    required: ['states', 'table', 'ids'],
    forward(backend, { states, table, ids }) {
      const [rows, perRow] = ids!.shape as [number, number];
      const width = states!.shape[1]!;
      const logits = backend.output([rows, perRow]);
      backend.run('rowwiseScores', backend.library.parts(rows * perRow * width), {
        ...{ states: states!, table: table!, ids: ids!, logits, rows, perRow, width },
      });
      return [logits.info];
    },
    gradient: {
      inputs: ['states', 'table', 'ids'],
      outputs: [],
      kernel(backend, { states, table, ids, dy }) {
        const [rows, perRow] = ids!.shape as [number, number];
        const width = states!.shape[1]!;
        const [dstates, dtable] = [backend.output(states!.shape), backend.output(table!.shape)];
        const tableSize = sizeOf(table!.shape);
        backend.run('rowwiseBackward', backend.library.parts(2 * rows * perRow * width + tableSize), {
          ...{ states: states!, table: table!, ids: ids!, dlogits: dy!, dstates, dtable },
          ...{ tableSize, rows, perRow, width },
        });
        return [dstates.info, dtable.info];
      },
      of: ['states', 'table'],
    },
  },

  SampledCrossEntropy: {
    required: ['logits'],
    forward(backend, { logits }) {
      const [rows, perRow] = logits!.shape as [number, number];
      return lossWithGradient(backend, logits!, COSTLY, (parts, outputs) => {
        backend.run('sampledCrossEntropy', parts, { logits: logits!, ...outputs, rows, perRow });
      });
    },
    gradient: lossGradient,
  },

  BinaryCrossEntropy: {
    required: ['logits', 'labels'],
    optional: ['weights'],
    forward(backend, { logits, labels, weights }) {
      const count = sizeOf(logits!.shape);
      const sum = weights ? backend.floats(weights).reduce((total, weight) => total + weight, 0) : count;
      // Without any weight there is no loss.
      const total = sum === 0 ? Infinity : sum;
      return lossWithGradient(backend, logits!, 2 * COSTLY, (parts, outputs) => {
        backend.run('binaryCrossEntropy', parts, {
          ...{ logits: logits!, labels: labels!, weights, ...outputs, count, totalWeight: total },
        });
      });
    },
    gradient: lossGradient,
  },
};

/** A gradient that was made for dy = 1, for another dy. */
function scaled(
  backend: KernelBackend,
  gradient: tf.TensorInfo,
  shape: number[],
  dy: tf.TensorInfo,
): tf.TensorInfo {
  const factor = backend.floats(dy)[0]!;
  if (factor === 1) return backend.reshaped(gradient, shape);
  const out = backend.output(shape);
  const count = sizeOf(shape);
  backend.run('binary', backend.library.parts(count), {
    ...{ operation: 'Multiply', a: gradient, b: dy, out, outer: 1, middle: 1, inner: count },
    ...{ aOuter: 0, aMiddle: 0, aInner: 1, bOuter: 0, bMiddle: 0, bInner: 0 },
  });
  return out.info;
}

function lossWithGradient(
  backend: KernelBackend,
  logits: tf.TensorInfo,
  cost: number,
  run: (parts: number, outputs: { loss: Output; dlogits: Output; partials: number }) => void,
): tf.TensorInfo[] {
  const count = sizeOf(logits.shape);
  const loss = backend.output([]);
  const dlogits = backend.opaque(count);
  const parts = backend.library.parts(cost * count);
  backend.library.withWorkspace(parts, (partials) => run(parts, { loss, dlogits, partials }));
  return [loss.info, dlogits.info];
}
