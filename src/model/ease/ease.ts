import type { Baseline, TrainingSequences } from '../baseline';
import { ModelError } from '../modelError';
import { nowAndThen, type LetEventsIn } from '../../protocol/letEventsIn';
import { invertSymmetric } from './invertSymmetric';
import type { EaseConfig } from './options';

/**
 * Embarrassingly shallow autoencoder (Steck, "Embarrassingly shallow autoencoders for sparse data", WWW 2019, arXiv
 * 1905.03375): the item-to-item weights B that minimize ‖X − XB‖² + λ‖B‖² with a diagonal of zeros. X is binary, `[users,
 * items]`: whether a user met an item. With P = (XᵀX + λI)⁻¹, equation 8 gives
 *
 *     B_ij = −P_ij / P_jj for i ≠ j, B_jj = 0
 *
 * and the scores of a history x are xB: B_ij is the weight of item i of the history for candidate j. RecTools' ranker takes
 * xBᵀ, which divides by the diagonal of the history's items and not of the candidates.
 */
export class Ease implements Baseline {
  /** B, `[numItems, numItems]`, row-major: a row for each item of a history. */
  readonly weights: Float64Array;
  readonly #numItems: number;
  readonly #letEventsIn: () => Promise<void>;

  private constructor(weights: Float64Array, numItems: number, letEventsIn?: LetEventsIn) {
    this.weights = weights;
    this.#numItems = numItems;
    this.#letEventsIn = nowAndThen(letEventsIn);
  }

  /** Takes time in proportion to the cube of the number of items. */
  static async fit(
    sequences: TrainingSequences,
    { regularization }: Pick<EaseConfig, 'regularization'>,
    letEventsIn?: LetEventsIn,
  ): Promise<Ease> {
    const { numItems } = sequences;
    const rest = nowAndThen(letEventsIn);
    const matrix = await gramMatrix(sequences, rest);
    for (let item = 0; item < numItems; item++) matrix[item * numItems + item]! += regularization;
    await invertSymmetric(matrix, numItems, rest);
    await toWeights(matrix, numItems, rest);
    return new Ease(matrix, numItems, letEventsIn);
  }

  async score(histories: readonly Uint32Array[]): Promise<Float32Array> {
    const scores = new Float32Array(histories.length * this.#numItems);
    for (const [row, history] of histories.entries()) {
      scores.set(this.scoresOf(history), row * this.#numItems);
      await this.#letEventsIn();
    }
    return scores;
  }

  /** Scores of all items for one history, `[numItems]`; an item counts once. */
  scoresOf(history: Uint32Array): Float64Array {
    const scores = new Float64Array(this.#numItems);
    for (const item of new Set(history)) {
      const from = (item - 1) * this.#numItems;
      for (let place = 0; place < scores.length; place++) scores[place]! += this.weights[from + place]!;
    }
    return scores;
  }
}

/** The lower triangle of XᵀX, `[numItems, numItems]`: how many users met both of two items. */
async function gramMatrix(
  { numItems, items, offsets, ends }: TrainingSequences,
  rest: () => Promise<void>,
): Promise<Float64Array> {
  const matrix = new Float64Array(numItems ** 2);
  for (const [user, end] of ends.entries()) {
    const distinct = Uint32Array.from(new Set(items.subarray(offsets[user], end))).sort();
    for (let row = 0; row < distinct.length; row++) {
      const from = (distinct[row]! - 1) * numItems;
      for (let place = 0; place <= row; place++) matrix[from + distinct[place]! - 1]!++;
      await rest();
    }
  }
  return matrix;
}

/** Makes B of the lower triangle of P, in its place. @throws ModelError where rounding left no numbers */
async function toWeights(matrix: Float64Array, numItems: number, rest: () => Promise<void>): Promise<void> {
  const diagonal = Float64Array.from({ length: numItems }, (_, item) => matrix[item * numItems + item]!);
  if (!diagonal.every((value) => value > 0 && value < Infinity)) {
    throw new ModelError(
      'ease/not-invertible',
      'The item-item matrix of EASE has no inverse to within rounding: `model.regularization` is too small for these data. ' +
        'Raise it, to 1 or more.',
    );
  }
  for (let row = 0; row < numItems; row++) {
    for (let column = 0; column < row; column++) {
      const value = -matrix[row * numItems + column]!;
      matrix[row * numItems + column] = value / diagonal[column]!;
      matrix[column * numItems + row] = value / diagonal[row]!;
    }
    matrix[row * numItems + row] = 0;
    await rest();
  }
}
