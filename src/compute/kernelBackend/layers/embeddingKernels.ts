import type { Pooling } from '../../layers/embedding';
import { gather, scatter } from '../rows';
import { sizeOf, type Layer } from './layer';

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
      const out = backend.output([rows, width]);
      backend.run('bagRows', backend.library.parts(rows * perRow * width), {
        ...{ table: table!, indices: indices!, out, rows, perRow, width, pooling: pooling as Pooling },
      });
      return [out.info];
    },
    gradient: {
      inputs: ['table', 'indices'],
      outputs: [],
      kernel(backend, { table, indices, dy }, { pooling }) {
        const width = table!.shape[1]!;
        const [rows, perRow] = indices!.shape as [number, number];
        const dtable = backend.output(table!.shape);
        const tableSize = sizeOf(table!.shape);
        backend.run('bagScatter', backend.library.parts(rows * perRow * width + tableSize), {
          ...{ table: dtable, tableSize, dy: dy!, indices: indices! },
          ...{ rows, perRow, width, pooling: pooling as Pooling },
        });
        return [dtable.info];
      },
      of: ['table'],
    },
  },

  WeightedEmbeddingBag: {
    required: ['table', 'indices', 'weights'],
    forward(backend, { table, indices, weights }) {
      const [tableRows, width] = table!.shape as [number, number];
      const [rows, perRow] = indices!.shape as [number, number];
      const out = backend.output([rows, width]);
      backend.run('weightedBagRows', backend.library.parts(rows * perRow * width), {
        ...{ table: table!, indices: indices!, weights: weights!, out, rows, perRow, width, tableRows },
      });
      return [out.info];
    },
    gradient: {
      inputs: ['table', 'indices', 'weights'],
      outputs: [],
      kernel(backend, { table, indices, weights, dy }) {
        const [tableRows, width] = table!.shape as [number, number];
        const [rows, perRow] = indices!.shape as [number, number];
        const dtable = backend.output(table!.shape);
        const dweights = backend.output(weights!.shape);
        const tableSize = sizeOf(table!.shape);
        backend.run('weightedBagBackward', backend.library.parts(2 * rows * perRow * width + tableSize), {
          ...{ dtable, tableSize, dweights, table: table!, dy: dy!, indices: indices!, weights: weights! },
          ...{ rows, perRow, width, tableRows },
        });
        return [dtable.info, dweights.info];
      },
      of: ['table', 'weights'],
    },
  },
};
