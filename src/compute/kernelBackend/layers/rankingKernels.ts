import type * as tf from '@tensorflow/tfjs-core';
import type { KernelBackend } from '../kernelBackend';
import { atOrNone, MAX_PANEL, sizeOf, wholePanels, type Layer } from './layer';

/** Rows of a block of scores in kernels/ranking.c, and how far apart they are. */
const RANKING_ROWS = 96;
const RANKING_COLUMNS = 1024;
const RANKING_STRIDE = RANKING_COLUMNS + 32;

/** Places of candidates in rankings, without a matrix of all scores. */
export const rankingKernels: Record<string, Layer> = {
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
  const numPacked = wholePanels(count) * width;
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
