import { OWN_COLUMNS, type PointColumn, type PointSet } from '../../src/protocol/projection';

/** A column of what is known of points. */
export function columnOf(points: PointSet, id: string): PointColumn | null {
  return points.columns.find((column) => column.id === id) ?? null;
}

/** Mean norm of the points that are popular alike. */
export interface DecileNorm {
  /** Such as `1 (most popular)`. */
  label: string;
  mean: number;
}

/** Of the points that are drawn, most popular first; empty where popularity or the norm is not known. */
export function normsOfDeciles(points: PointSet): DecileNorm[] {
  const deciles = columnOf(points, OWN_COLUMNS.popularityDecile);
  const norms = columnOf(points, OWN_COLUMNS.norm);
  if (deciles?.kind !== 'category' || norms?.kind !== 'number') return [];
  const sums = new Float64Array(deciles.labels.length);
  const counts = new Uint32Array(deciles.labels.length);
  deciles.values.forEach((decile, point) => {
    sums[decile]! += norms.values[point]!;
    counts[decile]!++;
  });
  return deciles.labels.flatMap((label, decile) =>
    label === '' || counts[decile] === 0 ? [] : [{ label, mean: sums[decile]! / counts[decile]! }],
  );
}
