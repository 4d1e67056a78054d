/** Rows that are pivots at once. Their products stay in the processor's cache. */
const BLOCK = 64;

/**
 * Inverts a symmetric positive definite matrix in place, by sweeping blocks of rows (Goodnight, "A tutorial on the SWEEP
 * operator", The American Statistician 33(3), 1979). With D = A_kk for a block k, a sweep is
 *
 *     A_ij ← A_ij − A_ik D⁻¹ A_kj,  A_ik ← A_ik D⁻¹,  A_kk ← −D⁻¹   (i, j ≠ k)
 *
 * and when all blocks are swept, A is −A⁻¹. That takes n³/2 multiplications, as many as a Cholesky factorization with the
 * inverse made of it, and needs no pivoting either.
 * @param matrix `[n, n]`, row-major. Only the lower triangle is read and returned; the upper one is overwritten.
 * @param rest awaited after every two rows of a sweep
 */
export async function invertSymmetric(
  matrix: Float64Array,
  n: number,
  rest: () => Promise<void>,
): Promise<void> {
  const columns = new Float64Array(n * BLOCK); // A_ik
  const products = new Float64Array(n * BLOCK); // A_ik D⁻¹
  for (let from = 0; from < n; from += BLOCK) {
    const width = Math.min(BLOCK, n - from);
    for (let row = 0; row < n; row++)
      for (let place = 0; place < width; place++)
        columns[row * width + place] = matrix[lower(n, row, from + place)]!;
    const pivot = columns.slice(from * width, (from + width) * width); // D
    invertBlock(pivot, width);
    for (let row = 0; row < n; row++) {
      multiplyRow(columns, pivot, products, row * width, width);
      await rest();
    }
    for (let row = 0; row < n; row += 2) {
      subtractRows(matrix, n, products, columns, width, row);
      await rest();
    }
    for (let row = 0; row < n; row++) {
      const isPivot = row >= from && row < from + width;
      for (let place = 0; place < width; place++) {
        const value = isPivot ? -pivot[(row - from) * width + place]! : products[row * width + place]!;
        matrix[lower(n, row, from + place)] = value;
      }
    }
  }
  for (let place = 0; place < matrix.length; place++) matrix[place] = -matrix[place]!;
}

/** Where a value of a symmetric matrix is in its lower triangle. */
function lower(n: number, row: number, column: number): number {
  return row >= column ? row * n + column : column * n + row;
}

/** Inverts a small symmetric positive definite matrix in place, by Gauss-Jordan elimination. */
function invertBlock(block: Float64Array, width: number): void {
  for (let pivot = 0; pivot < width; pivot++) {
    const start = pivot * width;
    const inverse = 1 / block[start + pivot]!;
    block[start + pivot] = 1;
    for (let column = 0; column < width; column++) block[start + column]! *= inverse;
    for (let row = 0; row < width; row++) {
      if (row === pivot) continue;
      const factor = block[row * width + pivot]!;
      block[row * width + pivot] = 0;
      for (let column = 0; column < width; column++)
        block[row * width + column]! -= factor * block[start + column]!;
    }
  }
}

/** One row of a product with a square matrix. */
function multiplyRow(
  from: Float64Array,
  square: Float64Array,
  into: Float64Array,
  start: number,
  width: number,
): void {
  into.fill(0, start, start + width);
  for (let inner = 0; inner < width; inner++) {
    const factor = from[start + inner]!;
    for (let column = 0; column < width; column++)
      into[start + column]! += factor * square[inner * width + column]!;
  }
}

/**
 * Subtracts two rows of left·rightᵀ from the same rows of the matrix, up to the diagonal. Nearly all the time is spent here:
 * two rows by two columns at once take half the loads. Behind the last row or column the last one is made twice.
 * @param left `[n, width]`, as `right`
 */
function subtractRows(
  matrix: Float64Array,
  n: number,
  left: Float64Array,
  right: Float64Array,
  width: number,
  row: number,
): void {
  const other = Math.min(row + 1, n - 1);
  const [left0, left1] = [row * width, other * width];
  for (let column = 0; column <= other; column += 2) {
    const next = Math.min(column + 1, n - 1);
    const [right0, right1] = [column * width, next * width];
    let sum00 = 0;
    let sum01 = 0;
    let sum10 = 0;
    let sum11 = 0;
    for (let place = 0; place < width; place++) {
      const a0 = left[left0 + place]!;
      const a1 = left[left1 + place]!;
      const b0 = right[right0 + place]!;
      const b1 = right[right1 + place]!;
      sum00 += a0 * b0;
      sum01 += a0 * b1;
      sum10 += a1 * b0;
      sum11 += a1 * b1;
    }
    const value00 = matrix[row * n + column]! - sum00;
    const value01 = matrix[row * n + next]! - sum01;
    const value10 = matrix[other * n + column]! - sum10;
    const value11 = matrix[other * n + next]! - sum11;
    matrix[row * n + column] = value00;
    matrix[row * n + next] = value01;
    matrix[other * n + column] = value10;
    matrix[other * n + next] = value11;
  }
}
