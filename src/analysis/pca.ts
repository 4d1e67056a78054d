import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { requireFinite, type Table } from './table';

/** Directions along which a table varies, in order of how much. */
export interface Pca {
  width: number;
  /** What was subtracted from each row, `[width]`. */
  mean: Float64Array;
  /** `[width, width]`, a component of length 1 per row. The value of largest magnitude of each is positive. */
  components: Float64Array;
  /** Along each component, with the divisor n − 1. Descending. */
  variances: Float64Array;
  /** The same as shares of their sum; all zero when nothing varies. */
  shares: Float64Array;
}

/** Rows whose products are added up in one go over the covariance matrix, which is read and written once for all of them. */
const BLOCK_ROWS = 4;

/**
 * Exact principal component analysis (Jolliffe, "Principal Component Analysis", 2002): the eigenvectors of the covariance
 * matrix, all in float64. Takes n·d²/2 multiplications and d³ for the eigenvectors.
 * @throws AnalysisError (`analysis/not-finite`)
 */
export function pca(table: Table): Pca {
  requireFinite(table);
  const { width } = table;
  const mean = columnMeans(table);
  if (width === 0) return { width, mean, components: mean, variances: mean, shares: mean };
  const covariance = Matrix.from1DArray(width, width, [...covarianceOf(table, mean)]);
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(covariance, {
    assumeSymmetric: true,
  });
  const order = realEigenvalues.map((_, index) => index);
  order.sort((a, b) => realEigenvalues[b]! - realEigenvalues[a]! || a - b);
  // What is not quite 0 by rounding may be below it.
  const variances = Float64Array.from(order, (index) => Math.max(0, realEigenvalues[index]!));
  const components = new Float64Array(width * width);
  order.forEach((index, place) => {
    const component = eigenvectorMatrix.getColumn(index);
    const sign = signOf(component);
    component.forEach((value, axis) => (components[place * width + axis] = sign * value));
  });
  const total = variances.reduce((sum, variance) => sum + variance, 0);
  const shares = variances.map((variance) => (total > 0 ? variance / total : 0));
  return { width, mean, components, variances, shares };
}

/**
 * Coordinates of the rows along some components.
 * @param chosen which components, counted from 0
 * @returns `[numRows, chosen.length]`
 */
export function projectRows(table: Table, { mean, components }: Pca, chosen: readonly number[]): Table {
  const { values, numRows, width } = table;
  const projected = new Float32Array(numRows * chosen.length);
  chosen.forEach((component, place) => {
    const direction = components.subarray(component * width, (component + 1) * width);
    let offset = 0;
    for (let axis = 0; axis < width; axis++) offset += direction[axis]! * mean[axis]!;
    for (let row = 0; row < numRows; row++) {
      let sum = -offset;
      for (let axis = 0; axis < width; axis++) sum += values[row * width + axis]! * direction[axis]!;
      projected[row * chosen.length + place] = sum;
    }
  });
  return { values: projected, numRows, width: chosen.length };
}

function columnMeans({ values, numRows, width }: Table): Float64Array {
  const means = new Float64Array(width);
  for (let row = 0; row < numRows; row++)
    for (let axis = 0; axis < width; axis++) means[axis]! += values[row * width + axis]!;
  return means.map((sum) => sum / Math.max(1, numRows));
}

/** The covariance matrix, `[width, width]`. */
function covarianceOf({ values, numRows, width }: Table, mean: Float64Array): Float64Array {
  const sums = new Float64Array(width * width);
  // Rows behind the last stay zero and add nothing.
  const block = new Float64Array(BLOCK_ROWS * width);
  const [a, b, c, d] = [0, 1, 2, 3].map((row) => block.subarray(row * width, (row + 1) * width)) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  for (let start = 0; start < numRows; start += BLOCK_ROWS) {
    const rows = Math.min(BLOCK_ROWS, numRows - start);
    block.fill(0, rows * width);
    for (let row = 0; row < rows; row++)
      for (let axis = 0; axis < width; axis++)
        block[row * width + axis] = values[(start + row) * width + axis]! - mean[axis]!;
    for (let i = 0; i < width; i++) {
      const [ai, bi, ci, di] = [a[i]!, b[i]!, c[i]!, d[i]!];
      const line = i * width;
      for (let j = 0; j <= i; j++) sums[line + j]! += ai * a[j]! + bi * b[j]! + ci * c[j]! + di * d[j]!;
    }
  }
  const divisor = Math.max(1, numRows - 1);
  for (let i = 0; i < width; i++) {
    for (let j = 0; j <= i; j++) {
      const covariance = sums[i * width + j]! / divisor;
      sums[i * width + j] = covariance;
      sums[j * width + i] = covariance;
    }
  }
  return sums;
}

/** An eigenvector times −1 is one as well; this choice gives the same table the same picture everywhere. */
function signOf(component: readonly number[]): 1 | -1 {
  let largest = 0;
  for (const value of component) {
    // Values that differ only by rounding count as equal, and the first of them decides.
    if (Math.abs(value) > Math.abs(largest) * (1 + 1e-9)) largest = value;
  }
  return largest < 0 ? -1 : 1;
}
