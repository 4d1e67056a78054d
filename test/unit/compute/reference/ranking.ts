import type { Exclusions } from '../../../../src/compute/ranking';
import type { Values } from './special';

/** S·Cᵀ + bias, row by row. */
export function scoreRows(states: Values, items: Values, width: number, bias?: Values): Float64Array[] {
  return Array.from({ length: states.length / width }, (_, row) =>
    Float64Array.from({ length: items.length / width }, (_, item) => {
      let sum = bias?.[item] ?? 0;
      for (let column = 0; column < width; column++)
        sum += states[row * width + column]! * items[item * width + column]!;
      return sum;
    }),
  );
}

/** The excluded columns of a row. */
export function excludedOf(excluded: Exclusions | undefined, row: number): Set<number> {
  return new Set(excluded?.columns.subarray(excluded.offsets[row], excluded.offsets[row + 1]));
}

/** Columns and scores of a row's best candidates by sorting all of them. */
export function bestOf(
  scores: Values,
  k: number,
  excluded: Set<number>,
): { column: number; score: number }[] {
  const ranked = Array.from(scores, (score, column) => ({ column, score }))
    .filter(({ column, score }) => !excluded.has(column) && score > -Infinity)
    .sort((a, b) => b.score - a.score || a.column - b.column)
    .slice(0, k);
  while (ranked.length < k) ranked.push({ column: -1, score: -Infinity });
  return ranked;
}
