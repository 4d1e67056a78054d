import type * as tf from '@tensorflow/tfjs-core';
import type { KernelBackend } from '../kernelBackend';
import { sizes } from '../../kernels/signatures';
import { sizeOf, wholePanels, type Layer } from './layer';

/** Places of candidates in rankings, without a matrix of all scores. */
export const rankingKernels: Record<string, Layer> = {
  TopItems: {
    required: ['states', 'items', 'excludedOffsets', 'excludedColumns'],
    optional: ['bias'],
    forward(backend, { states, items, bias, excludedOffsets, excludedColumns }, { k }) {
      const [rows, width] = states!.shape as [number, number];
      const count = items!.shape[0]!;
      const columns = backend.output([rows, k as number], 'int32');
      const twiceBest = 2 * (k as number) + sizes.MAX_PANEL;
      backend.library.reserveScratch(sizes.RANKING_ROWS * (sizes.RANKING_STRIDE + 2 * twiceBest));
      const scores = backend.output([rows, k as number]);
      withCandidates(
        backend,
        { items: items!, excludedOffsets: excludedOffsets!, excludedColumns: excludedColumns! },
        rows,
        (parts, packed, excluded) => {
          backend.run('topItems', parts, {
            ...{ states: states!, items: items!, bias, ...excluded, columns, scores, packed },
            ...{ rows, candidates: count, width, k: k as number },
          });
        },
      );
      return [columns.info, scores.info];
    },
  },

  TargetRanks: {
    required: ['states', 'items', 'targetOffsets', 'targets', 'excludedOffsets', 'excludedColumns'],
    forward(backend, { states, items, targetOffsets, targets, excludedOffsets, excludedColumns }) {
      const [rows, width] = states!.shape as [number, number];
      const count = items!.shape[0]!;
      const greater = backend.output(targets!.shape, 'int32');
      const equal = backend.output(targets!.shape, 'int32');
      withCandidates(
        backend,
        { items: items!, excludedOffsets: excludedOffsets!, excludedColumns: excludedColumns! },
        rows,
        (parts, packed, excluded) => {
          backend.run('targetRanks', parts, {
            ...{ states: states!, items: items!, targetOffsets: targetOffsets!, targets: targets! },
            ...{ ...excluded, greater, equal, packed, rows, candidates: count, width },
          });
        },
      );
      return [greater.info, equal.info];
    },
  },
};

/** None where nothing is excluded. */
interface GroupedExclusions {
  excludedOffsets: tf.TensorInfo | undefined;
  /** Offset of the columns. */
  excludedColumns: number | undefined;
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
  run: (parts: number, packed: number, excluded: GroupedExclusions) => void,
): void {
  const { library } = backend;
  const [count, width] = items.shape as [number, number];
  const numPacked = wholePanels(count) * width;
  const numExcluded = sizeOf(excludedColumns.shape);
  const numBlocks = Math.floor(count / sizes.RANKING_COLUMNS) + 1;
  library.reserveScratch(numBlocks);
  library.withWorkspace(numPacked + numExcluded, (packed) => {
    const parts = library.parts(rows * count * width);
    if (numExcluded === 0) {
      run(parts, packed, { excludedOffsets: undefined, excludedColumns: undefined });
      return;
    }
    const grouped = packed + 4 * numPacked;
    backend.run('groupExclusions', library.parts(8 * numExcluded + rows * numBlocks), {
      ...{ offsets: excludedOffsets, columns: excludedColumns, grouped, rows, candidates: count },
    });
    run(parts, packed, { excludedOffsets, excludedColumns: grouped });
  });
}
