import type { FeatureColumn } from '../../protocol/features';
import { nowAndThen, type LetEventsIn } from '../../protocol/letEventsIn';
import { shownOf, type Baseline, type ShownSequences, type TrainingSequences } from '../baseline';
import { minimize } from './minimize';

/** Of the gradient, which is a sum over rows. */
const TOLERANCE = 1e-6;
const MAX_STEPS = 2000;

/**
 * The log-odds of a click as a sum of weights: of the user, of the item and of their features, a weight for each value of a category,
 * the mean of those of several values, and a slope for each number. It is the one minimum of
 * Σ −log P(label) + l2/2·Σ weight² (scikit-learn's `LogisticRegression`, whose C is 1/l2), which has no order of rows and no seed.
 */
export class LogisticRegression implements Baseline {
  readonly #ofUsers: Float64Array;
  /** By item index. */
  readonly #ofItems: Float64Array;

  private constructor(ofUsers: Float64Array, ofItems: Float64Array) {
    this.#ofUsers = ofUsers;
    this.#ofItems = ofItems;
  }

  static async fit(
    sequences: TrainingSequences,
    { l2 }: { l2: number },
    letEventsIn?: LetEventsIn,
  ): Promise<LogisticRegression> {
    const shown = shownOf(sequences);
    const users = new Side(shown.numUsers, shown.userFeatures, 1);
    const items = new Side(sequences.numItems + 1, shown.itemFeatures, users.end);
    const weights = new Float64Array(items.end);
    const loss = (point: Float64Array, gradient: Float64Array): number =>
      lossOf(shown, { users, items }, l2, point, gradient);
    const rest = nowAndThen(letEventsIn);
    await minimize(loss, weights, { tolerance: TOLERANCE, maxSteps: MAX_STEPS }, async () => rest());
    const [intercept] = weights;
    return new LogisticRegression(
      users.sums(weights).map((sum) => sum + intercept!),
      items.sums(weights),
    );
  }

  /** Log-odds, but for what is the user's: it is the same for all items. */
  score(histories: readonly Uint32Array[]): Float32Array {
    const own = this.#ofItems.subarray(1);
    const scores = new Float32Array(histories.length * own.length);
    histories.forEach((_, row) => scores.set(own, row * own.length));
    return scores;
  }

  probabilities(users: ArrayLike<number>, items: ArrayLike<number>): Float64Array {
    return Float64Array.from(users, (user, row) =>
      sigmoid(this.#ofUsers[user]! + this.#ofItems[items[row]!]!),
    );
  }
}

/** The weights of users, or of items, among all weights: one of each, then those of each feature. */
class Side {
  /** Place behind the last one. */
  readonly end: number;
  readonly #features: readonly { column: FeatureColumn; first: number }[];

  constructor(
    readonly count: number,
    columns: readonly FeatureColumn[],
    readonly first: number,
  ) {
    let end = first + count;
    this.#features = columns.map((column) => {
      const own = { column, first: end };
      end += column.kind === 'number' ? 1 : column.labels.length;
      return own;
    });
    this.end = end;
  }

  /** The sum of the weights of each. */
  sums(weights: Float64Array): Float64Array {
    const sums = weights.slice(this.first, this.first + this.count);
    this.#visit((row, place, share) => (sums[row]! += share * weights[place]!));
    return sums;
  }

  /** Adds to the slope of each weight what the slopes of the sums are. */
  spread(ofSums: Float64Array, gradient: Float64Array): void {
    ofSums.forEach((slope, row) => (gradient[this.first + row]! += slope));
    this.#visit((row, place, share) => (gradient[place]! += share * ofSums[row]!));
  }

  /** Calls with each weight of a feature that counts for a row, and how much. */
  #visit(found: (row: number, place: number, share: number) => void): void {
    for (const { column, first } of this.#features) {
      for (let row = 0; row < this.count; row++) {
        if (column.kind === 'number') {
          found(row, first, column.values[row]!);
        } else if (column.kind === 'category') {
          // What is unknown has no weight.
          if (column.values[row] !== 0) found(row, first + column.values[row]!, 1);
        } else {
          const [from, to] = [column.offsets[row]!, column.offsets[row + 1]!];
          for (let at = from; at < to; at++) found(row, first + column.values[at]!, 1 / (to - from));
        }
      }
    }
  }
}

/** The function that is minimized, and its gradient. The intercept comes first, and has no penalty. */
function lossOf(
  { users: userOf, items: itemOf, labels }: ShownSequences,
  { users, items }: Record<'users' | 'items', Side>,
  l2: number,
  weights: Float64Array,
  gradient: Float64Array,
): number {
  const [ofUsers, ofItems] = [users.sums(weights), items.sums(weights)];
  const slopes = [new Float64Array(ofUsers.length), new Float64Array(ofItems.length)] as const;
  const intercept = weights[0]!;
  let loss = 0;
  let slope = 0;
  for (let row = 0; row < labels.length; row++) {
    const [user, item] = [userOf[row]!, itemOf[row]!];
    const odds = intercept + ofUsers[user]! + ofItems[item]!;
    // log(1 + e^x) − y·x, without overflow.
    loss += Math.max(odds, 0) + Math.log1p(Math.exp(-Math.abs(odds))) - labels[row]! * odds;
    const error = sigmoid(odds) - labels[row]!;
    slope += error;
    slopes[0][user]! += error;
    slopes[1][item]! += error;
  }
  for (let place = 1; place < weights.length; place++) {
    loss += (l2 / 2) * weights[place]! ** 2;
    gradient[place] = l2 * weights[place]!;
  }
  gradient[0] = slope;
  users.spread(slopes[0], gradient);
  items.spread(slopes[1], gradient);
  return loss;
}

function sigmoid(odds: number): number {
  return 1 / (1 + Math.exp(-odds));
}
