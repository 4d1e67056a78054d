import { Matrix, SingularValueDecomposition } from 'ml-matrix';
import { AnalysisError } from './analysisError';
import { requireFinite, type Table } from './table';

/** Rows that mean the same thing in both tables, in one order. */
export interface SharedRows {
  source: Int32Array;
  target: Int32Array;
}

export interface Alignment {
  /** All rows of the source, turned, moved and scaled toward the target. */
  aligned: Table;
  /** How far each shared row is from its counterpart afterwards, in the order of the shared rows. */
  residuals: Float64Array;
  /** Root of the mean square of the residuals. */
  rootMeanSquare: number;
  /** What the source was multiplied with; 1 unless scaling was asked for. */
  scale: number;
  /** Orthogonal, `[width, width]`; a row of the source times this. It may mirror. */
  rotation: Float64Array;
}

/**
 * Turns one table onto another so that shared rows come as near to each other as they can, by least squares: orthogonal
 * Procrustes analysis (Schönemann, "A generalized solution of the orthogonal Procrustes problem", 1966; with the scale of
 * Schönemann and Carroll, 1970). Embeddings of two runs, or layouts of two epochs, can be compared only so: what they
 * learned does not depend on a rotation.
 * @param shared all rows, each with its namesake, if left out
 * @throws AnalysisError (`analysis/shape`, `analysis/not-finite`)
 */
export function procrustes(
  source: Table,
  target: Table,
  options: { shared?: SharedRows; scaling?: boolean } = {},
): Alignment {
  const shared = options.shared ?? allRows(source, target);
  const { width } = source;
  const count = shared.source.length;
  if (width !== target.width || count !== shared.target.length || count === 0) {
    throw new AnalysisError(
      'analysis/shape',
      `Tables of width ${width} and ${target.width} with ${count} and ${shared.target.length} shared rows cannot be aligned; both must be the same, with at least one row.`,
    );
  }
  requireFinite(source);
  requireFinite(target);
  const sourceMean = meanOf(source, shared.source);
  const targetMean = meanOf(target, shared.target);

  // Σ (x − x̄)ᵀ(y − ȳ) = U·S·Vᵀ; the best rotation is U·Vᵀ, and the best scale ΣS / Σ|x − x̄|².
  const sums = new Float64Array(width * width);
  let squares = 0;
  for (let place = 0; place < count; place++) {
    const [from, to] = [shared.source[place]! * width, shared.target[place]! * width];
    for (let i = 0; i < width; i++) {
      const x = source.values[from + i]! - sourceMean[i]!;
      squares += x * x;
      for (let j = 0; j < width; j++) sums[i * width + j]! += x * (target.values[to + j]! - targetMean[j]!);
    }
  }
  const products = Matrix.from1DArray(width, width, [...sums]);
  const svd = new SingularValueDecomposition(products, { autoTranspose: true });
  const turn = svd.leftSingularVectors.mmul(svd.rightSingularVectors.transpose());
  const rotation = Float64Array.from(turn.to1DArray());
  const singular = svd.diagonal.reduce((sum, value) => sum + value, 0);
  const scale = options.scaling === true && squares > 0 ? singular / squares : 1;

  const aligned = new Float32Array(source.values.length);
  for (let row = 0; row < source.numRows; row++) {
    for (let j = 0; j < width; j++) {
      let sum = 0;
      for (let i = 0; i < width; i++)
        sum += (source.values[row * width + i]! - sourceMean[i]!) * rotation[i * width + j]!;
      aligned[row * width + j] = scale * sum + targetMean[j]!;
    }
  }
  const residuals = new Float64Array(count);
  let sum = 0;
  for (let place = 0; place < count; place++) {
    const [from, to] = [shared.source[place]! * width, shared.target[place]! * width];
    let distance = 0;
    for (let axis = 0; axis < width; axis++)
      distance += (aligned[from + axis]! - target.values[to + axis]!) ** 2;
    residuals[place] = Math.sqrt(distance);
    sum += distance;
  }
  return {
    aligned: { values: aligned, numRows: source.numRows, width },
    residuals,
    rootMeanSquare: Math.sqrt(sum / count),
    scale,
    rotation,
  };
}

function allRows(source: Table, target: Table): SharedRows {
  const rowsOf = ({ numRows }: Table) => Int32Array.from({ length: numRows }, (_, row) => row);
  return { source: rowsOf(source), target: rowsOf(target) };
}

function meanOf({ values, width }: Table, rows: Int32Array): Float64Array {
  const mean = new Float64Array(width);
  for (const row of rows) for (let axis = 0; axis < width; axis++) mean[axis]! += values[row * width + axis]!;
  return mean.map((sum) => sum / rows.length);
}
