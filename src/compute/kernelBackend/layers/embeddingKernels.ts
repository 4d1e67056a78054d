import { gather, scatter } from '../operations';
import { sizeOf, type Layer } from './layer';

const POOLINGS = ['sum', 'mean', 'sqrtn'];

/** Lookups in tables and sums of their rows. */
export const embeddingKernels: Record<string, Layer> = {
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

  WeightedEmbeddingBag: {
    required: ['table', 'indices', 'weights'],
    forward(backend, { table, indices, weights }) {
      const width = table!.shape[1]!;
      const [rows, perRow] = indices!.shape as [number, number];
      const { info, at } = backend.output([rows, width]);
      const parts = backend.library.parts(rows * perRow * width);
      const pointers = [backend.at(table!), backend.at(indices!), backend.at(weights!), at];
      backend.library.run('weightedBagRows', parts, ...pointers, rows, perRow, width, table!.shape[0]!);
      return [info];
    },
    gradient: {
      inputs: ['table', 'indices', 'weights'],
      outputs: [],
      kernel(backend, { table, indices, weights, dy }) {
        const width = table!.shape[1]!;
        const [rows, perRow] = indices!.shape as [number, number];
        const ofTable = backend.output(table!.shape);
        const ofWeights = backend.output(weights!.shape);
        const size = sizeOf(table!.shape);
        const parts = backend.library.parts(2 * rows * perRow * width + size);
        const inputs = [table!, dy!, indices!, weights!].map((tensor) => backend.at(tensor));
        const pointers = [ofTable.at, size, ofWeights.at, ...inputs];
        backend.library.run('weightedBagBackward', parts, ...pointers, rows, perRow, width, table!.shape[0]!);
        return [ofTable.info, ofWeights.info];
      },
      of: ['table', 'weights'],
    },
  },
};
