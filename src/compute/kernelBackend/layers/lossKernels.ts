import type * as tf from '@tensorflow/tfjs-core';
import type { KernelBackend } from '../kernelBackend';
import { atOrNone, COSTLY, sizeOf, wholePanels, type Gradient, type Layer } from './layer';

/**
 * Rows whose scores exist at once: few enough for them to stay in the cache, and a multiple of the rows of a tile in every
 * build of the kernels.
 */
const BLOCK_ROWS = 24;
/** The place of multiplication among the operations of kernels/elementwise.c. */
const MULTIPLY = 2;
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
        const inputs = [states!, candidates!, targets!].map((tensor) => backend.at(tensor));
        inputs.push(...[logitBias, rowItems, candidateItems].map((tensor) => atOrNone(backend, tensor)));
        inputs.push(backend.at(scale!));
        const outputs = [dstates.at, dcandidates.at, dbias?.at ?? 0, workspace];
        const rooms = [workspace + 8, workspace + 8 + 4 * packed, workspace + 8 + 4 * (packed + partials)];
        library.run(
          'candidateCrossEntropy',
          parts,
          ...inputs,
          ...outputs,
          ...rooms,
          rows,
          count,
          width,
          BLOCK_ROWS,
        );
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
      const { info, at } = backend.output([rows, perRow]);
      const pointers = [states!, table!, ids!].map((tensor) => backend.at(tensor));
      const parts = backend.library.parts(rows * perRow * width);
      backend.library.run('rowwiseScores', parts, ...pointers, at, rows, perRow, width);
      return [info];
    },
    gradient: {
      inputs: ['states', 'table', 'ids'],
      outputs: [],
      kernel(backend, { states, table, ids, dy }) {
        const [rows, perRow] = ids!.shape as [number, number];
        const width = states!.shape[1]!;
        const [dstates, dtable] = [backend.output(states!.shape), backend.output(table!.shape)];
        const pointers = [states!, table!, ids!, dy!].map((tensor) => backend.at(tensor));
        const size = sizeOf(table!.shape);
        const parts = backend.library.parts(2 * rows * perRow * width + size);
        const sizes = [size, rows, perRow, width];
        backend.library.run('rowwiseBackward', parts, ...pointers, dstates.at, dtable.at, ...sizes);
        return [dstates.info, dtable.info];
      },
      of: ['states', 'table'],
    },
  },

  SampledCrossEntropy: {
    required: ['logits'],
    forward(backend, { logits }) {
      const [rows, perRow] = logits!.shape as [number, number];
      return lossWithGradient(backend, logits!, COSTLY, (parts, loss, dlogits, partials) =>
        backend.library.run(
          'sampledCrossEntropy',
          parts,
          backend.at(logits!),
          loss,
          dlogits,
          partials,
          rows,
          perRow,
        ),
      );
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
      return lossWithGradient(backend, logits!, 2 * COSTLY, (parts, loss, dlogits, partials) => {
        const inputs = [backend.at(logits!), backend.at(labels!), atOrNone(backend, weights)];
        backend.library.run('binaryCrossEntropy', parts, ...inputs, loss, dlogits, partials, count, total);
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
  const { info, at } = backend.output(shape);
  const count = sizeOf(shape);
  const axes = [1, 1, count, 0, 0, 1, 0, 0, 0];
  const pointers = [backend.at(gradient), backend.at(dy), at];
  backend.library.run('binary', backend.library.parts(count), MULTIPLY, ...pointers, ...axes);
  return info;
}

function lossWithGradient(
  backend: KernelBackend,
  logits: tf.TensorInfo,
  cost: number,
  run: (parts: number, loss: number, dlogits: number, partials: number) => void,
): tf.TensorInfo[] {
  const count = sizeOf(logits.shape);
  const loss = backend.output([]);
  const dlogits = backend.opaque(count);
  const parts = backend.library.parts(cost * count);
  backend.library.withWorkspace(parts, (partials) => run(parts, loss.at, dlogits.at, partials));
  return [loss.info, dlogits.info];
}
