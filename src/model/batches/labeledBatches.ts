import { RandomStream } from '../../compute/random';
import { STREAMS } from '../../compute/randomStreams';
import { ModelError } from '../modelError';
import type { Batches, LabeledRows, TrainingData } from './batchBuilder';
import type { ExampleBatch, ExampleBuilder, ExampleRequest } from './exampleBatches';
import { fixedNegatives, leftPadded, negativeHistories } from './exampleHistories';
import { NegativeSampler } from './negativeSampler';
import { ShuffledOrder } from './shuffledOrder';

/** What of a request matters where examples have labels: no negatives are drawn, and each row is an example. */
export type LabeledRequest = Pick<
  ExampleRequest,
  'maxLength' | 'minBatchSize' | 'negativeHistories' | 'fixedNegativeHistories'
>;

/** The builder of batches of what users were shown, with whether they took it, whatever their history is. */
export function labeledBuilder(request: LabeledRequest): ExampleBuilder {
  return {
    ...request,
    unit: 'interactions',
    minLength: 0,
    numNegatives: 0,
    sampler: 'uniform',
    learnsFromLabels: true,
    build: (data, batchSize, seed) => {
      if (!data.labeled) throw new Error('Labels are to be learned from, and the data have none.');
      return new LabeledBatches(data, data.labeled, request, batchSize, seed);
    },
  };
}

/** Cuts the rows that users were shown in training into batches, each with what its user had taken before it. */
class LabeledBatches implements Batches {
  readonly stepsPerEpoch: number;
  readonly #data: TrainingData;
  readonly #labeled: LabeledRows;
  readonly #request: LabeledRequest;
  readonly #batchSize: number;
  readonly #seed: number;
  readonly #rows: ShuffledOrder;
  /** User of each of all rows. */
  readonly #userOf: Uint32Array;
  /** As those of other examples. */
  readonly #historySampler: NegativeSampler | null;
  readonly #fixedNegatives: Uint32Array | null;

  /** @throws ModelError when the training part has no rows, or too few for a batch */
  constructor(
    data: TrainingData,
    labeled: LabeledRows,
    request: LabeledRequest,
    batchSize: number,
    seed: number,
  ) {
    this.#data = data;
    this.#labeled = labeled;
    this.#request = request;
    this.#batchSize = batchSize;
    this.#seed = seed;
    const { offsets, trainEnd, items } = labeled;
    this.#userOf = new Uint32Array(items.length);
    const numRows = trainEnd.reduce((sum, end, user) => sum + end - offsets[user]!, 0);
    const rows = new Uint32Array(numRows);
    let found = 0;
    trainEnd.forEach((end, user) => {
      this.#userOf.fill(user, offsets[user], offsets[user + 1]);
      for (let row = offsets[user]!; row < end; row++) rows[found++] = row;
    });
    const { minBatchSize = 1, negativeHistories: hasNegatives, fixedNegativeHistories: fixed } = request;
    const left = numRows % batchSize;
    this.stepsPerEpoch = Math.floor(numRows / batchSize) + (left > 0 && left >= minBatchSize ? 1 : 0);
    if (this.stepsPerEpoch === 0) {
      throw new ModelError(
        'training/no-examples',
        `The training part has ${numRows} rows with labels, and a batch needs ${minBatchSize}. Use more data, or hold less out.`,
      );
    }
    this.#rows = new ShuffledOrder(rows, seed);
    this.#historySampler = hasNegatives && fixed !== true ? new NegativeSampler(data, 'unconsumed') : null;
    this.#fixedNegatives = hasNegatives && fixed === true ? fixedNegatives(data, seed) : null;
  }

  batch(epoch: number, index: number): ExampleBatch {
    const { offsets, items } = this.#data;
    const { items: shown, labels, historyEnd } = this.#labeled;
    const from = index * this.#batchSize;
    const rows = this.#rows.of(epoch).subarray(from, from + this.#batchSize);
    const users = Int32Array.from(rows, (row) => this.#userOf[row]!);
    const before = (values: Uint32Array): Uint32Array[] =>
      Array.from(rows, (row, place) => {
        const [start, end] = [offsets[users[place]!]!, historyEnd[row]!];
        return values.subarray(Math.max(start, end - this.#request.maxLength), end);
      });
    const histories = before(items);
    // A batch in which nobody has taken anything is read as padding.
    const length = histories.reduce((longest, history) => Math.max(longest, history.length), 1);
    const padded = leftPadded(histories, length);
    const random = new RandomStream(this.#seed, STREAMS.negatives, epoch, index);
    return {
      kind: 'examples',
      size: rows.length,
      length,
      users,
      histories: padded,
      candidates: Int32Array.from(rows, (row) => shown[row]!),
      numNegatives: 0,
      labels: Float32Array.from(rows, (row) => labels[row]!),
      negativeHistories: this.#fixedNegatives
        ? leftPadded(before(this.#fixedNegatives), length)
        : this.#historySampler && negativeHistories(this.#historySampler, random, users, padded, length),
    };
  }
}
