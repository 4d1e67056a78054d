import { AnalysisError } from './analysisError';

/** Vectors of equal width, one after the other, as embeddings and layouts are. */
export interface Table {
  /** `[numRows, width]` */
  values: Float32Array;
  numRows: number;
  width: number;
}

/** The table's own memory, not a copy. */
export function rowOf({ values, width }: Table, row: number): Float32Array {
  return values.subarray(row * width, (row + 1) * width);
}

/** Some rows, in the given order. */
export function selectRows(table: Table, rows: ArrayLike<number>): Table {
  const { width } = table;
  const values = new Float32Array(rows.length * width);
  for (let place = 0; place < rows.length; place++) values.set(rowOf(table, rows[place]!), place * width);
  return { values, numRows: rows.length, width };
}

/** The rows with length 1; those without a direction stay zero. */
export function normalizeRows({ values, numRows, width }: Table): Table {
  const normalized = new Float32Array(values.length);
  for (let row = 0, start = 0; row < numRows; row++, start += width) {
    let squares = 0;
    for (let axis = start; axis < start + width; axis++) squares += values[axis]! ** 2;
    if (squares === 0) continue;
    const scale = 1 / Math.sqrt(squares);
    for (let axis = start; axis < start + width; axis++) normalized[axis] = values[axis]! * scale;
  }
  return { values: normalized, numRows, width };
}

/** @throws AnalysisError (`analysis/not-finite`) that names the first row with a NaN or an infinity */
export function requireFinite({ values, width }: Table): void {
  for (let index = 0; index < values.length; index++) {
    // Subtracting a value from itself gives 0 for finite numbers only, and is faster than asking.
    if (values[index]! - values[index]! !== 0) {
      throw new AnalysisError(
        'analysis/not-finite',
        `Row ${Math.floor(index / width)} of the vectors holds ${values[index]!}, where a number is expected. Training has probably diverged.`,
      );
    }
  }
}
