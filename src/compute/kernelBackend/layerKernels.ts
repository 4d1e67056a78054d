import * as tf from '@tensorflow/tfjs-core';
import type { KernelBackend } from './kernelBackend';
import { ComputeError } from '../computeError';
import { kernelNameOf } from '../fused';
import { gather, scatter } from './operations';

const sizeOf = tf.util.sizeFromShape;

/*
 * The fused layers of docs/compute.md on our kernels, and their gradients. A layer's forward kernel and its gradient are
 * TensorFlow.js kernels of their own (`Name` and `NameGradient`): the tape runs the first, the gradient function the second.
 */

type Inputs = Record<string, tf.TensorInfo>;
type Attributes = Record<string, number | boolean | string>;
type LayerKernel = (backend: KernelBackend, inputs: Inputs, attributes: Attributes) => tf.TensorInfo[];

interface Gradient {
  /** Inputs that the gradient needs again. */
  inputs: string[];
  /** Which outputs it needs again, by place, ascending. */
  outputs: number[];
  /** Gets the saved inputs by name, the saved outputs as `output0`, …, and the outputs' gradients as `dy0`, …; `dy` is `dy0`. */
  kernel: LayerKernel;
  /** The inputs that the kernel's results are gradients of, in order; optional ones have a result only if given. */
  of: string[];
}

interface Layer {
  /** Names of the inputs that are always given. */
  required: string[];
  /** Names of those that may be. */
  optional?: string[];
  forward: LayerKernel;
  /** Left out where nothing can be differentiated. */
  gradient?: Gradient;
}

/** Exponentials and the like take about so many operations per value. */
const COSTLY = 16;
const ACTIVATIONS = ['none', 'relu', 'gelu', 'sigmoid', 'tanh'];
const POOLINGS = ['sum', 'mean', 'sqrtn'];
/** Values of one sequence's keys of one head that kernels/attention.c can pack. */
const MAX_HEAD = 1_000_000;
/** Rows of a block of scores in kernels/ranking.c, and how far apart they are. */
const RANKING_ROWS = 96;
const RANKING_COLUMNS = 1024;
const RANKING_STRIDE = RANKING_COLUMNS + 32;
/** Rows that kernels/gru.c takes at once, and what lies between rows in its scratch. */
const GRU_CHUNK = 64;
const GRU_PADDING = 16;
/** The place of multiplication among the operations of kernels/elementwise.c. */
const MULTIPLY = 2;
/** Columns of the widest panel that any build of the kernels packs (AVX-512: two vectors of 16). */
const MAX_PANEL = 32;
const UPDATES = ['gate', 'keep', 'attention', 'attentionGate', 'attentionKeep'];
const SUM_PARAMETERS = [
  ...['heads', 'eraseKernel', 'eraseBias', 'resetKernel', 'resetBias', 'addKernel', 'addBias'],
  ...['alpha', 'beta'],
];
const SUM_WRITING = ['writingKernel', 'writingBias', 'writingHeads'];
/** Steps between the states that kernels/sumRecurrence.c saves. */
const SUM_STEPS = 8;

/** What a loss on logits does: its kernel has made the gradient along with the loss. */
const lossGradient: Gradient = {
  inputs: ['logits'],
  outputs: [1],
  kernel: (backend, { logits, output1, dy }) => [scaled(backend, output1!, logits!.shape, dy!)],
  of: ['logits'],
};

const layers: Record<string, Layer> = {
  EmbeddingLookup: {
    required: ['table', 'indices'],
    forward(backend, { table, indices }) {
      const width = table!.shape[1]!;
      return [gather(backend, table!, indices!, width, [...indices!.shape, width])];
    },
    gradient: {
      inputs: ['table', 'indices'],
      outputs: [],
      kernel: (backend, { table, indices, dy }) => [
        scatter(backend, dy!, indices!, table!.shape[1]!, table!.shape),
      ],
      of: ['table'],
    },
  },

  EmbeddingBag: {
    required: ['table', 'indices'],
    forward(backend, { table, indices }, { pooling }) {
      const width = table!.shape[1]!;
      const [rows, perRow] = indices!.shape as [number, number];
      const { info, at } = backend.output([rows, width]);
      const parts = backend.library.parts(rows * perRow * width);
      const pointers = [backend.at(table!), backend.at(indices!), at];
      const kind = POOLINGS.indexOf(pooling as string);
      backend.library.run('bagRows', parts, ...pointers, rows, perRow, width, kind);
      return [info];
    },
    gradient: {
      inputs: ['table', 'indices'],
      outputs: [],
      kernel(backend, { table, indices, dy }, { pooling }) {
        const width = table!.shape[1]!;
        const [rows, perRow] = indices!.shape as [number, number];
        const { info, at } = backend.output(table!.shape);
        const size = sizeOf(table!.shape);
        const parts = backend.library.parts(rows * perRow * width + size);
        const pointers = [at, size, backend.at(dy!), backend.at(indices!)];
        const kind = POOLINGS.indexOf(pooling as string);
        backend.library.run('bagScatter', parts, ...pointers, rows, perRow, width, kind);
        return [info];
      },
      of: ['table'],
    },
  },

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
    forward(backend, inputs) {
      const { x } = inputs;
      const [inputSize, outputSize] = inputs.kernel0!.shape as [number, number];
      const rows = sizeOf(x!.shape) / inputSize;
      const outputs = [0, 1, 2].map(() => backend.output([...x!.shape.slice(0, -1), outputSize]));
      const each = outputs.flatMap(({ at }, place) => [
        backend.at(inputs[`kernel${place}`]!),
        backend.at(inputs[`bias${place}`]!),
        at,
      ]);
      const parts = backend.library.parts(3 * rows * inputSize * outputSize);
      backend.library.run(
        'projectionsForward',
        parts,
        backend.at(x!),
        rows,
        inputSize,
        outputSize,
        3,
        ...each,
      );
      return outputs.map(({ info }) => info);
    },
    gradient: {
      inputs: ['x', 'kernel0', 'kernel1', 'kernel2'],
      outputs: [],
      kernel(backend, inputs) {
        const { x } = inputs;
        const [inputSize, outputSize] = inputs.kernel0!.shape as [number, number];
        const rows = sizeOf(x!.shape) / inputSize;
        const dx = backend.output(x!.shape);
        const gradients = [0, 1, 2].map(
          () => [backend.output([inputSize, outputSize]), backend.output([outputSize])] as const,
        );
        const { library } = backend;
        const parts = library.parts(6 * rows * inputSize * outputSize);
        library.withWorkspace(parts * 3 * (inputSize + 1) * outputSize, (partials) => {
          const each = gradients.flatMap(([dkernel, dbias], place) => [
            backend.at(inputs[`kernel${place}`]!),
            backend.at(inputs[`dy${place}`]!),
            dkernel.at,
            dbias.at,
          ]);
          const sizes = [rows, inputSize, outputSize, 3];
          library.run('projectionsBackward', parts, backend.at(x!), ...sizes, dx.at, partials, ...each);
        });
        return [dx.info, ...gradients.flatMap(([dkernel, dbias]) => [dkernel.info, dbias.info])];
      },
      of: ['x', 'kernel0', 'bias0', 'kernel1', 'bias1', 'kernel2', 'bias2'],
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

  LayerNorm: {
    required: ['x', 'gamma', 'beta'],
    forward(backend, { x, gamma, beta }, { epsilon }) {
      const width = x!.shape.at(-1)!;
      const rows = sizeOf(x!.shape) / width;
      const y = backend.output(x!.shape);
      const saved = backend.opaque(2 * rows);
      const pointers = [backend.at(x!), backend.at(gamma!), backend.at(beta!), y.at, saved.at];
      const parts = backend.library.parts(4 * rows * width);
      backend.library.run('layerNormForward', parts, ...pointers, rows, width, epsilon as number);
      return [y.info, saved.info];
    },
    gradient: {
      inputs: ['x', 'gamma'],
      outputs: [1],
      kernel(backend, { x, gamma, output1, dy }) {
        const width = x!.shape.at(-1)!;
        const rows = sizeOf(x!.shape) / width;
        const dx = backend.output(x!.shape);
        const dgamma = backend.output([width]);
        const dbeta = backend.output([width]);
        const { library } = backend;
        const parts = library.parts(8 * rows * width);
        library.withWorkspace(parts * 2 * width, (workspace) => {
          const inputs = [backend.at(x!), backend.at(gamma!), backend.at(output1!), backend.at(dy!)];
          library.run(
            'layerNormBackward',
            parts,
            ...inputs,
            dx.at,
            workspace,
            rows,
            width,
            dgamma.at,
            dbeta.at,
          );
        });
        return [dx.info, dgamma.info, dbeta.info];
      },
      of: ['x', 'gamma', 'beta'],
    },
  },

  Dropout: {
    required: ['x'],
    forward: (backend, { x }, attributes) => [dropout(backend, x!, attributes)],
    gradient: {
      inputs: [],
      outputs: [],
      kernel: (backend, { dy }, attributes) => [dropout(backend, dy!, attributes)],
      of: ['x'],
    },
  },

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

  Gru: {
    required: ['x', 'mask', 'inputKernel', 'inputBias', 'recurrentKernel', 'recurrentBias'],
    optional: ['attention'],
    forward(backend, inputs, attributes) {
      const { size, length, width, hidden, parts } = gruSizes(backend, inputs);
      const states = backend.output([size, length, hidden]);
      const saved = backend.opaque(size * length * 4 * hidden);
      const names = ['x', 'mask', 'inputKernel', 'inputBias', 'recurrentKernel', 'recurrentBias'];
      const pointers = names.map((name) => backend.at(inputs[name]!));
      pointers.push(atOrNone(backend, inputs.attention), states.at, saved.at);
      backend.library.run(
        'gruForward',
        parts,
        ...pointers,
        size,
        length,
        width,
        hidden,
        ...gruKind(attributes),
      );
      return [states.info, saved.info];
    },
    gradient: {
      inputs: ['x', 'mask', 'inputKernel', 'recurrentKernel', 'attention'],
      outputs: [0, 1],
      kernel(backend, inputs, attributes) {
        const { size, length, width, hidden, parts } = gruSizes(backend, inputs);
        const dx = backend.output(inputs.x!.shape);
        const dattention = inputs.attention && backend.output(inputs.attention.shape);
        const kernels = [backend.output([width, 3 * hidden]), backend.output([3 * hidden])];
        kernels.push(backend.output([hidden, 3 * hidden]), backend.output([3 * hidden]));
        const { library } = backend;
        library.withWorkspace(parts * (width + hidden + 2) * 3 * hidden, (partials) => {
          const pointers = ['x', 'mask', 'inputKernel', 'recurrentKernel'].map((name) =>
            backend.at(inputs[name]!),
          );
          pointers.push(atOrNone(backend, inputs.attention));
          pointers.push(backend.at(inputs.output0!), backend.at(inputs.output1!), backend.at(inputs.dy!));
          pointers.push(dx.at, dattention?.at ?? 0, partials);
          const sizes = [size, length, width, hidden, ...gruKind(attributes)];
          library.run('gruBackward', parts, ...pointers, ...sizes, ...kernels.map(({ at }) => at));
        });
        return [dx, ...kernels, ...(dattention ? [dattention] : [])].map(({ info }) => info);
      },
      of: ['x', 'inputKernel', 'inputBias', 'recurrentKernel', 'recurrentBias', 'attention'],
    },
  },

  SumRecurrence: {
    required: ['x', 'mask', ...SUM_PARAMETERS],
    optional: SUM_WRITING,
    forward(backend, inputs) {
      const { size, length, hidden, slots, sizes, work, saved, room } = sumSizes(inputs);
      const outputs = [
        backend.output([size, slots + 1, hidden]),
        backend.output([size, length, slots]),
        backend.output([size, length, slots]),
        backend.opaque(saved),
      ];
      const { library } = backend;
      const parts = Math.max(1, Math.min(size, library.parts(work)));
      library.withWorkspace(parts * room, (workspace) => {
        const pointers = ['x', 'mask', ...SUM_PARAMETERS].map((name) => backend.at(inputs[name]!));
        pointers.push(...SUM_WRITING.map((name) => atOrNone(backend, inputs[name])));
        pointers.push(...outputs.map(({ at }) => at), workspace);
        // Sequences that are computed together: some chunks for each part, so that all have as much to do.
        const rows = Math.max(4, Math.min(16, Math.floor(size / (4 * parts))));
        library.run('sumRecurrenceForward', parts, ...pointers, ...sizes, room, rows);
      });
      return outputs.map(({ info }) => info);
    },
    gradient: {
      inputs: ['x', 'mask', ...SUM_PARAMETERS, ...SUM_WRITING],
      outputs: [3],
      kernel(backend, inputs) {
        const { size, sizes, work, room } = sumSizes(inputs);
        const dx = backend.output(inputs.x!.shape);
        const gradientOf = (name: string) => inputs[name] && backend.output(inputs[name].shape);
        const dparameters = [...SUM_PARAMETERS, ...SUM_WRITING].map(gradientOf);
        const { library } = backend;
        const parts = Math.max(1, Math.min(size, library.parts(2 * work)));
        library.withWorkspace(parts * room, (workspace) => {
          const names = ['x', 'mask', 'heads', 'eraseKernel', 'resetKernel', 'addKernel', 'alpha', 'beta'];
          const pointers = names.map((name) => backend.at(inputs[name]!));
          pointers.push(...['writingKernel', 'writingHeads'].map((name) => atOrNone(backend, inputs[name])));
          pointers.push(backend.at(inputs.output3!), backend.at(inputs.dy!), dx.at, workspace);
          const results = dparameters.map((result) => result?.at ?? 0);
          library.run('sumRecurrenceBackward', parts, ...pointers, ...sizes, room, ...results);
        });
        return [dx, ...dparameters].flatMap((result) => (result ? [result.info] : []));
      },
      of: ['x', ...SUM_PARAMETERS, ...SUM_WRITING],
    },
  },

  BatchNorm: {
    required: ['x', 'gamma', 'beta'],
    optional: ['mean', 'variance'],
    forward(backend, inputs, { epsilon }) {
      const { x, gamma, beta } = inputs;
      const [rows, width] = x!.shape as [number, number];
      const { mean, variance } = columnStatistics(backend, inputs);
      const y = backend.output(x!.shape);
      const pointers = [x!, gamma!, beta!, mean, variance].map((tensor) => backend.at(tensor));
      const parts = backend.library.parts(2 * rows * width);
      backend.library.run('batchNormForward', parts, ...pointers, y.at, rows, width, epsilon as number);
      return [y.info, mean, variance];
    },
    gradient: {
      inputs: ['x', 'gamma', 'mean'],
      outputs: [1, 2],
      kernel(backend, { x, gamma, mean, output1, output2, dy }, { epsilon }) {
        const [rows, width] = x!.shape as [number, number];
        const dx = backend.output(x!.shape);
        const dgamma = backend.output([width]);
        const dbeta = backend.output([width]);
        const { library } = backend;
        const parts = library.parts(6 * rows * width);
        library.withWorkspace(parts * 2 * width, (workspace) => {
          const pointers = [x!, gamma!, output1!, output2!, dy!].map((tensor) => backend.at(tensor));
          const rest = [rows, width, epsilon as number, mean === undefined ? 1 : 0, dgamma.at, dbeta.at];
          library.run('batchNormBackward', parts, ...pointers, dx.at, workspace, ...rest);
        });
        return [dx.info, dgamma.info, dbeta.info];
      },
      of: ['x', 'gamma', 'beta'],
    },
  },

  Dice: {
    required: ['x', 'alpha'],
    optional: ['mean', 'variance'],
    forward(backend, inputs, { epsilon }) {
      const { x, alpha } = inputs;
      const [rows, width] = x!.shape as [number, number];
      const { mean, variance } = columnStatistics(backend, inputs);
      const y = backend.output(x!.shape);
      const pointers = [x!, alpha!, mean, variance].map((tensor) => backend.at(tensor));
      const parts = backend.library.parts(COSTLY * rows * width);
      backend.library.run('diceForward', parts, ...pointers, y.at, rows, width, epsilon as number);
      return [y.info, mean, variance];
    },
    gradient: {
      inputs: ['x', 'alpha', 'mean'],
      outputs: [1, 2],
      kernel(backend, { x, alpha, mean, output1, output2, dy }, { epsilon }) {
        const [rows, width] = x!.shape as [number, number];
        const dx = backend.output(x!.shape);
        const dalpha = backend.output([width]);
        const { library } = backend;
        const parts = library.parts(2 * COSTLY * rows * width);
        library.withWorkspace(parts * 3 * width, (workspace) => {
          const pointers = [x!, alpha!, output1!, output2!, dy!].map((tensor) => backend.at(tensor));
          const rest = [rows, width, epsilon as number, mean === undefined ? 1 : 0, dalpha.at];
          library.run('diceBackward', parts, ...pointers, dx.at, workspace, ...rest);
        });
        return [dx.info, dalpha.info];
      },
      of: ['x', 'alpha'],
    },
  },

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
      const blockRows = Math.min(64, Math.max(16, Math.floor(524_288 / count)));
      const packed = Math.ceil(count / MAX_PANEL) * MAX_PANEL * width;
      const partials = parts * (count * width + count + 2);
      library.withWorkspace(packed + partials + parts * blockRows * count + 2, (workspace) => {
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
          blockRows,
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

  Adam: {
    required: ['value', 'first', 'second', 'gradient'],
    forward(backend, { value, first, second, gradient }, { rate, beta1, beta2, epsilon, lazy }) {
      const pointers = [value!, first!, second!, gradient!].map((tensor) => backend.at(tensor));
      const size = sizeOf(value!.shape);
      const rows = value!.shape[0] ?? 1;
      const numbers = [rate, beta1, beta2, epsilon, lazy === true ? 1 : 0] as number[];
      backend.library.run(
        'adam',
        backend.library.parts(8 * size),
        ...pointers,
        rows,
        size / rows,
        ...numbers,
      );
      return [];
    },
  },

  TopItems: {
    required: ['states', 'items', 'excludedOffsets', 'excludedColumns'],
    optional: ['bias'],
    forward(backend, { states, items, bias, excludedOffsets, excludedColumns }, { k }) {
      const [rows, width] = states!.shape as [number, number];
      const count = items!.shape[0]!;
      const columns = backend.output([rows, k as number], 'int32');
      const twiceBest = 2 * (k as number) + MAX_PANEL;
      backend.library.reserveScratch(RANKING_ROWS * (RANKING_STRIDE + 2 * twiceBest));
      const scores = backend.output([rows, k as number]);
      withCandidates(
        backend,
        { items: items!, excludedOffsets: excludedOffsets!, excludedColumns: excludedColumns! },
        rows,
        (parts, packed, excluded) => {
          const inputs = [backend.at(states!), backend.at(items!), atOrNone(backend, bias)];
          const outputs = [columns.at, scores.at, packed];
          backend.library.run(
            'topItems',
            parts,
            ...inputs,
            ...excluded,
            ...outputs,
            rows,
            count,
            width,
            k as number,
          );
        },
      );
      return [columns.info, scores.info];
    },
  },

  TargetRanks: {
    required: ['states', 'items', 'targets', 'excludedOffsets', 'excludedColumns'],
    forward(backend, { states, items, targets, excludedOffsets, excludedColumns }) {
      const [rows, width] = states!.shape as [number, number];
      const count = items!.shape[0]!;
      const greater = backend.output([rows], 'int32');
      const equal = backend.output([rows], 'int32');
      withCandidates(
        backend,
        { items: items!, excludedOffsets: excludedOffsets!, excludedColumns: excludedColumns! },
        rows,
        (parts, packed, excluded) => {
          const inputs = [states!, items!, targets!].map((tensor) => backend.at(tensor));
          const outputs = [greater.at, equal.at, packed];
          backend.library.run('targetRanks', parts, ...inputs, ...excluded, ...outputs, rows, count, width);
        },
      );
      return [greater.info, equal.info];
    },
  },
};

/** Kernels that the tape knows how to differentiate: the same for all backends. */
const gradientsOf = new Set<string>();

/** Registers the layers under a backend's name. */
export function registerLayers(backendName: string): void {
  forEachVariant((name, gradientName, inputs, { forward, gradient }) => {
    register(name, backendName, forward);
    if (gradient === undefined) return;
    register(gradientName, backendName, gradient.kernel);
    if (gradientsOf.has(name)) return;
    gradientsOf.add(name);
    registerGradient(name, gradientName, inputs, gradient);
  });
}

function register(kernelName: string, backendName: string, kernel: LayerKernel): void {
  tf.registerKernel({
    kernelName,
    backendName,
    kernelFunc: ({ backend, inputs, attrs }) =>
      kernel(backend as unknown as KernelBackend, inputs as Inputs, attrs as unknown as Attributes),
  });
}

/** How the tape differentiates a layer: the same for all backends. */
function registerGradient(
  kernelName: string,
  gradientName: string,
  inputs: readonly string[],
  { inputs: savedInputs, outputs, of }: Gradient,
): void {
  const inputsToSave = savedInputs.filter((name) => inputs.includes(name));
  tf.registerGradient({
    kernelName,
    inputsToSave,
    outputsToSave: Array.from({ length: Math.max(-1, ...outputs) + 1 }, (_, place) =>
      outputs.includes(place),
    ),
    gradFunc: (dys, saved, attributes) => {
      const all = Array.isArray(dys) ? dys : [dys];
      const arguments_: Record<string, tf.Tensor> = { dy: all[0]! };
      all.forEach((dy, place) => (arguments_[`dy${place}`] = dy));
      inputsToSave.forEach((name, place) => (arguments_[name] = saved[place]!));
      saved
        .slice(inputsToSave.length)
        .forEach((tensor, place) => (arguments_[`output${outputs[place]!}`] = tensor));
      // Computed here and now: asked for one by one, each would run the whole kernel.
      const results: tf.Tensor[] = tf.engine().runKernel(gradientName, arguments_, attributes);
      // The tape would keep them until all gradients are there; so the next ones are written where the cache still is.
      tf.dispose(saved);
      const present = of.filter((name) => inputs.includes(name));
      return Object.fromEntries(present.map((name, place) => [name, () => results[place]!]));
    },
  });
}

/** Calls `visit` for each layer with each set of inputs that it may be given. */
function forEachVariant(
  visit: (name: string, gradientName: string, inputs: string[], layer: Layer) => void,
): void {
  for (const [name, layer] of Object.entries(layers)) {
    const { required, optional = [] } = layer;
    for (let chosen = 0; chosen < 2 ** optional.length; chosen++) {
      const inputs = [...required, ...optional.filter((_, place) => (chosen & (1 << place)) !== 0)];
      visit(kernelNameOf(name, inputs), kernelNameOf(`${name}Gradient`, inputs), inputs, layer);
    }
  }
}

function atOrNone(backend: KernelBackend, tensor: tf.TensorInfo | undefined): number {
  return tensor === undefined ? 0 : backend.at(tensor);
}

function dropout(backend: KernelBackend, x: tf.TensorInfo, { rate, key, start }: Attributes): tf.TensorInfo {
  const count = sizeOf(x.shape);
  const { info, at } = backend.output(x.shape);
  const numbers = [rate, key, start] as number[];
  backend.library.run('dropout', backend.library.parts(8 * count), backend.at(x), at, count, ...numbers);
  return info;
}

function attentionArguments(shape: number[], attributes: Attributes): number[] {
  const { numHeads, causal, scale, rate, randomKey, randomStart } = attributes as Record<string, number>;
  const [size, length, width] = shape as [number, number, number];
  if ((width / numHeads!) * length > MAX_HEAD) {
    throw new ComputeError(
      `Attention over ${length} positions with heads of ${width / numHeads!} does not fit into the engine's scratch. ` +
        'Lower `model.maxSequenceLength`, or raise `model.numHeads`.',
    );
  }
  return [size, length, width, numHeads!, Number(causal), scale!, rate!, randomKey!, randomStart!];
}

/**
 * The sizes of a GRU, and the parts that both directions are cut into; sees to it that its kernels have the scratch that
 * such sizes need.
 */
function gruSizes(
  backend: KernelBackend,
  { x, recurrentKernel }: Inputs,
): Record<'size' | 'length' | 'width' | 'hidden' | 'parts', number> {
  const [size, length, width] = x!.shape as [number, number, number];
  const hidden = recurrentKernel!.shape[0]!;
  const panels = (count: number): number => Math.ceil(count / MAX_PANEL) * MAX_PANEL;
  const packed = panels(hidden) * (3 * (panels(width) + panels(hidden)) + hidden);
  const blocks = GRU_CHUNK * (2 * width + 7 * hidden + 2 * GRU_PADDING) + 4 * hidden;
  backend.library.reserveScratch(packed + blocks + 2 * size + length + 1);
  const parts = Math.min(size, backend.library.parts(size * length * (width + hidden) * 3 * hidden));
  return { size, length, width, hidden, parts };
}

function gruKind({ resetAfter, update }: Attributes): [number, number] {
  return [resetAfter === true ? 1 : 0, UPDATES.indexOf(update as string)];
}

/** Sizes, and room in floats: kernels/sumRecurrence.c needs no more of it, whatever the width of its vectors. */
function sumSizes({ x, heads, eraseBias, writingKernel }: Inputs) {
  const [size, length, width] = x!.shape as [number, number, number];
  const [slots, hidden] = [heads!.shape[0]!, eraseBias!.shape[0]!];
  const padded = (MAX_PANEL / 2) * Math.ceil(hidden / (MAX_PANEL / 2));
  const gates = (writingKernel === undefined ? 2 : 3) * padded;
  const columns = gates + MAX_PANEL * Math.ceil((1 + slots) / MAX_PANEL);
  const perStep = gates + 32 + 2 * slots;
  return {
    ...{ size, length, hidden, slots },
    sizes: [size, length, width, hidden, slots],
    work: size * length * ((width + hidden) * columns + COSTLY * gates),
    saved: 16 + size * Math.ceil(length / SUM_STEPS) * (SUM_STEPS * perStep + (slots + 1) * padded),
    // For each part partial gradients, and its panels of the kernels both ways.
    room: columns * 2 * (width + hidden + 2 * MAX_PANEL) + (slots + 1) * 4 * padded + 512,
  };
}

/** Those that were given, or those of the columns of x. */
function columnStatistics(
  backend: KernelBackend,
  { x, mean, variance }: Inputs,
): { mean: tf.TensorInfo; variance: tf.TensorInfo } {
  if (mean !== undefined && variance !== undefined)
    return { mean: backend.reshaped(mean, mean.shape), variance: backend.reshaped(variance, variance.shape) };
  const [rows, width] = x!.shape as [number, number];
  const results = [backend.output([width]), backend.output([width])] as const;
  const { library } = backend;
  const parts = library.parts(3 * rows * width);
  library.withWorkspace(parts * width, (workspace) =>
    library.run(
      'columnStatistics',
      parts,
      backend.at(x!),
      workspace,
      rows,
      width,
      results[0].at,
      results[1].at,
    ),
  );
  return { mean: results[0].info, variance: results[1].info };
}

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

/** Calls `run` with room for the packed items, and with the exclusions as the kernels want them: in the order of the blocks. */
function withCandidates(
  backend: KernelBackend,
  {
    items,
    excludedOffsets,
    excludedColumns,
  }: Record<'items' | 'excludedOffsets' | 'excludedColumns', tf.TensorInfo>,
  rows: number,
  run: (parts: number, packed: number, excluded: [offsets: number, columns: number]) => void,
): void {
  const { library } = backend;
  const [count, width] = items.shape as [number, number];
  const numPacked = Math.ceil(count / MAX_PANEL) * MAX_PANEL * width;
  const numExcluded = sizeOf(excludedColumns.shape);
  const numBlocks = Math.floor(count / RANKING_COLUMNS) + 1;
  library.reserveScratch(numBlocks);
  library.withWorkspace(numPacked + numExcluded, (packed) => {
    const parts = library.parts(rows * count * width);
    if (numExcluded === 0) {
      run(parts, packed, [0, 0]);
      return;
    }
    const grouped = packed + 4 * numPacked;
    const pointers = [backend.at(excludedOffsets), backend.at(excludedColumns), grouped];
    library.run(
      'groupExclusions',
      library.parts(8 * numExcluded + rows * numBlocks),
      ...pointers,
      rows,
      count,
    );
    run(parts, packed, [pointers[0]!, grouped]);
  });
}
