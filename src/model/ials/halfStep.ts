import { ModelError } from '../modelError';
import type { Objective } from './objective';
import type { ObservedRow } from './observedPairs';

/** Products after which events may be let in: some hundredths of a second. */
const PRODUCTS_AT_ONCE = 16e6;

/**
 * Solves for vectors of one side with the other side's held fixed, exactly, by Cholesky factorization of the normal equations
 * of each ({@link Objective}).
 */
export class HalfStep {
  readonly #others: Float64Array;
  readonly #factors: number;
  readonly #objective: Objective;
  readonly #rest: () => Promise<void>;
  /** base · Σ_all y yᵀ. Of this and the next only the lower triangle is used. */
  readonly #gram: Float64Array;
  /** The equations of one vector. */
  readonly #matrix: Float64Array;

  private constructor(
    others: Float64Array,
    factors: number,
    objective: Objective,
    rest: () => Promise<void>,
  ) {
    this.#others = others;
    this.#factors = factors;
    this.#objective = objective;
    this.#rest = rest;
    this.#gram = new Float64Array(factors * factors);
    this.#matrix = new Float64Array(factors * factors);
  }

  /**
   * @param others vectors of the other side, `[rows, factors]`
   * @param rest lets events in when it is time
   */
  static async prepare(
    others: Float64Array,
    factors: number,
    objective: Objective,
    rest: () => Promise<void>,
  ): Promise<HalfStep> {
    const step = new HalfStep(others, factors, objective, rest);
    const ids = Uint32Array.from({ length: others.length / factors }, (_, id) => id);
    await step.#addProducts(step.#gram, ids, () => objective.base);
    return step;
  }

  /** The vector of a row, written into `result`, `[factors]`. All 0 where nothing was observed. */
  async solve({ ids, strengths }: ObservedRow, result: Float64Array): Promise<void> {
    const others = this.#others;
    const factors = this.#factors;
    const { extra, target, penalty } = this.#objective;
    const matrix = this.#matrix;
    result.fill(0);
    await this.#rest();
    if (ids.length === 0) return;
    matrix.set(this.#gram);
    const diagonal = penalty(ids.length, others.length / factors);
    for (let factor = 0; factor < factors; factor++) matrix[factor * factors + factor]! += diagonal;
    await this.#addProducts(matrix, ids, (place) => extra(strengths[place]!));
    for (let place = 0; place < ids.length; place++) {
      const start = ids[place]! * factors;
      const weight = target(strengths[place]!);
      for (let factor = 0; factor < factors; factor++) result[factor]! += weight * others[start + factor]!;
    }
    solveInPlace(matrix, result);
  }

  /** Adds Σ weight · y yᵀ over some of the other side to the lower triangle. */
  async #addProducts(
    matrix: Float64Array,
    ids: Uint32Array,
    weightAt: (place: number) => number,
  ): Promise<void> {
    const others = this.#others;
    const factors = this.#factors;
    const atOnce = Math.ceil(PRODUCTS_AT_ONCE / factors ** 2);
    for (let begin = 0; begin < ids.length; begin += atOnce) {
      const end = Math.min(ids.length, begin + atOnce);
      for (let place = begin; place < end; place += 2) {
        // Two at a time: half as often each number of the matrix is read and written.
        const second = place + 1 < end ? place + 1 : place;
        const a = ids[place]! * factors;
        const b = ids[second]! * factors;
        const weightA = weightAt(place);
        const weightB = second === place ? 0 : weightAt(second);
        for (let row = 0; row < factors; row++) {
          const factorA = weightA * others[a + row]!;
          const factorB = weightB * others[b + row]!;
          const line = row * factors;
          for (let column = 0; column <= row; column++)
            matrix[line + column]! += factorA * others[a + column]! + factorB * others[b + column]!;
        }
      }
      await this.#rest();
    }
  }
}

/**
 * Solves A x = b by Cholesky factorization, A = L Lᵀ.
 * @param matrix the lower triangle of A, positive definite; L afterwards
 * @param vector b; x afterwards
 * @throws ModelError where A is not positive definite, up to rounding
 */
export function solveInPlace(matrix: Float64Array, vector: Float64Array): void {
  const size = vector.length;
  for (let row = 0; row < size; row++) {
    const line = row * size;
    for (let column = 0; column <= row; column++) {
      const other = column * size;
      let sum = matrix[line + column]!;
      for (let inner = 0; inner < column; inner++) sum -= matrix[line + inner]! * matrix[other + inner]!;
      if (column < row) matrix[line + column] = sum / matrix[other + column]!;
      else if (sum > 0) matrix[line + row] = Math.sqrt(sum);
      else
        throw new ModelError(
          'model/not-positive-definite',
          `The equations of a vector of iALS cannot be solved: found a pivot of ${sum} in row ${row + 1} of ${size}, expected one above 0. ` +
            'Raise `model.objective.regularization`, or lower `model.factors`.',
        );
    }
  }
  for (let row = 0; row < size; row++) {
    let sum = vector[row]!;
    for (let inner = 0; inner < row; inner++) sum -= matrix[row * size + inner]! * vector[inner]!;
    vector[row] = sum / matrix[row * size + row]!;
  }
  for (let row = size - 1; row >= 0; row--) {
    let sum = vector[row]!;
    for (let inner = row + 1; inner < size; inner++) sum -= matrix[inner * size + row]! * vector[inner]!;
    vector[row] = sum / matrix[row * size + row]!;
  }
}
