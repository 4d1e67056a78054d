import { RandomStream } from '../../compute/random';
import { STREAMS } from '../../compute/randomStreams';
import { nowAndThen, type LetEventsIn } from '../../protocol/letEventsIn';
import type { Baseline, TrainingSequences } from '../baseline';
import { ModelError } from '../modelError';
import { HalfStep } from './halfStep';
import { objectiveOf, type Objective } from './objective';
import { pairsOf, rowOf, transposed, type ObservedPairs } from './observedPairs';
import type { IalsConfig } from './options';

/** Of the vectors of all users and items. */
const MAX_BYTES = 2 * 1024 ** 3;

/**
 * Matrix factorization of implicit feedback by alternating least squares: a score is the product of a user's and an item's
 * vector (Hu, Koren, Volinsky 2008; Rendle et al. 2022). A user's vector is solved for from the history at hand, with the
 * items' vectors as they were fitted, so that it follows histories that training did not have.
 */
export class Ials implements Baseline {
  readonly #items: Float64Array;
  readonly #factors: number;
  readonly #users: HalfStep;
  readonly #rest: () => Promise<void>;

  private constructor(items: Float64Array, factors: number, users: HalfStep, rest: () => Promise<void>) {
    this.#items = items;
    this.#factors = factors;
    this.#users = users;
    this.#rest = rest;
  }

  /**
   * @param letEventsIn called now and then while this fits, and while scores are made
   * @throws ModelError when the vectors take too much memory
   */
  static async fit(
    sequences: TrainingSequences,
    { factors, iterations, objective: options }: IalsConfig,
    seed: number,
    letEventsIn?: LetEventsIn,
  ): Promise<Ials> {
    const rest = nowAndThen(letEventsIn);
    const numUsers = sequences.ends.length;
    checkMemory(numUsers, sequences.numItems, factors);
    const objective = objectiveOf(options);
    const byUser = await pairsOf(sequences, letEventsIn);
    const byItem = transposed(byUser, sequences.numItems);
    const users = new Float64Array(numUsers * factors);
    const items = initialVectors(sequences.numItems, factors, seed);
    for (let iteration = 0; iteration < iterations; iteration++) {
      await solveAll(byUser, items, users, objective, rest);
      await solveAll(byItem, users, items, objective, rest);
    }
    return new Ials(items, factors, await HalfStep.prepare(items, factors, objective, rest), rest);
  }

  async score(histories: readonly Uint32Array[]): Promise<Float32Array> {
    const items = this.#items;
    const factors = this.#factors;
    const numItems = items.length / factors;
    const scores = new Float32Array(histories.length * numItems);
    const user = new Float64Array(factors);
    for (const [row, history] of histories.entries()) {
      await this.#users.solve(rowOf(history), user);
      for (let item = 0; item < numItems; item++) {
        let sum = 0;
        for (let factor = 0; factor < factors; factor++)
          sum += user[factor]! * items[item * factors + factor]!;
        scores[row * numItems + item] = sum;
      }
      await this.#rest();
    }
    return scores;
  }
}

/**
 * A half step: solves for every row's vector.
 * @param others vectors of the other side, `[rows, factors]`
 * @param vectors takes the results, `[rows, factors]`
 */
export async function solveAll(
  pairs: ObservedPairs,
  others: Float64Array,
  vectors: Float64Array,
  objective: Objective,
  rest: () => Promise<void>,
): Promise<void> {
  const { offsets, ids, strengths } = pairs;
  const numRows = offsets.length - 1;
  const factors = vectors.length / numRows;
  const step = await HalfStep.prepare(others, factors, objective, rest);
  for (let row = 0; row < numRows; row++) {
    const [start, end] = [offsets[row], offsets[row + 1]];
    await step.solve(
      { ids: ids.subarray(start, end), strengths: strengths.subarray(start, end) },
      vectors.subarray(row * factors, (row + 1) * factors),
    );
  }
}

/** Normal with a standard deviation of 0.1 / √factors (Rendle et al. 2022). Users have none: they are solved for first. */
function initialVectors(numItems: number, factors: number, seed: number): Float64Array {
  const random = new RandomStream(seed, STREAMS.initialization, 0);
  const deviation = 0.1 / Math.sqrt(factors);
  return new Float64Array(numItems * factors).map(() => deviation * random.nextNormal());
}

function checkMemory(numUsers: number, numItems: number, factors: number): void {
  const bytes = (numUsers + numItems) * factors * Float64Array.BYTES_PER_ELEMENT;
  if (bytes <= MAX_BYTES) return;
  const gigabytes = (value: number) => `${(value / 1024 ** 3).toFixed(1)} GB`;
  throw new ModelError(
    'model/too-many-vectors',
    `The vectors of ${numUsers} users and ${numItems} items with ${factors} factors take ${gigabytes(bytes)}, expected at most ` +
      `${gigabytes(MAX_BYTES)}. Lower \`model.factors\`, or leave out rare users and items with \`dataset.minUserInteractions\` and ` +
      '`dataset.minItemInteractions`.',
  );
}
