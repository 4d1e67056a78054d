import type { AttentionAxis } from '../../model/model';

/** Row-major weights. */
export interface WeightBlock {
  /** How many there are of what comes first (candidates, users), and then the sizes of the axes. */
  shape: number[];
  values: Float32Array;
}

export interface CutWeights extends WeightBlock {
  /** What each row lost, of the shape without its last axis; null where no row lost anything. */
  toPadding: Float32Array | null;
}

/** Leaves of every axis of positions only the newest ones, so that the first that is left is the oldest item. */
export function cutPadding(
  { shape, values }: WeightBlock,
  axes: readonly AttentionAxis[],
  numItems: number,
): CutWeights {
  const kept = shape.map((size, axis) => (axes[axis - 1] === 'position' ? Math.min(numItems, size) : size));
  if (kept.every((size, axis) => size === shape[axis])) return { shape: [...shape], values, toPadding: null };

  const width = shape.at(-1)!;
  const keptWidth = kept.at(-1)!;
  const numRows = kept.slice(0, -1).reduce((product, size) => product * size, 1);
  const cut = new Float32Array(numRows * keptWidth);
  const toPadding = new Float32Array(numRows);
  for (let row = 0; row < numRows; row++) {
    const start = rowIn(shape, kept, row) * width;
    const firstKept = start + width - keptWidth;
    cut.set(values.subarray(firstKept, start + width), row * keptWidth);
    for (let place = start; place < firstKept; place++) toPadding[row]! += values[place]!;
  }
  return { shape: kept, values: cut, toPadding: toPadding.some((weight) => weight !== 0) ? toPadding : null };
}

/** Where a row of what is kept was before. Rows are numbered over all axes but the last. */
function rowIn(shape: readonly number[], kept: readonly number[], row: number): number {
  let [rest, place, stride] = [row, 0, 1];
  for (let axis = kept.length - 2; axis >= 0; axis--) {
    const index = rest % kept[axis]!;
    rest = Math.floor(rest / kept[axis]!);
    place += (index + shape[axis]! - kept[axis]!) * stride;
    stride *= shape[axis]!;
  }
  return place;
}
