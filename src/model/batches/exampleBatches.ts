import { RandomStream } from '../../compute/random';
import { STREAMS } from '../../compute/randomStreams';
import { ModelError } from '../modelError';
import type { Sampler } from '../parts/samplingWeights';
import type { Batch, BatchBuilder, Batches, TrainingData } from './batchBuilder';
import { fixedNegatives, leftPadded, negativeHistories } from './exampleHistories';
import { NegativeSampler } from './negativeSampler';
import { ShuffledOrder } from './shuffledOrder';

/** Each interaction for itself, with what the user did before it. */
export interface ExampleRequest {
  /** Items of the history, at most; 0 when the model reads none. */
  maxLength: number;
  /** Interactions with a shorter history are no examples. */
  minLength: number;
  /** For each example. */
  numNegatives: number;
  sampler: Sampler;
  /** How much of the batch size an example takes up; 1 if left out. */
  rowsPerExample?: number;
  /** The last batch of an epoch is left out where it has fewer examples; 1 if left out. */
  minBatchSize?: number;
  /** Whether a negative comes with the history that the user had before it, or before a random item; no if left out. */
  ownHistories?: boolean;
  /** Whether each item of the history comes with one that was not chosen in its place. */
  negativeHistories: boolean;
  /** Whether these are any other items, the same in each epoch, and not items that the user has not met. No if left out. */
  fixedNegativeHistories?: boolean;
}

/** Examples of one optimizer step. */
export interface ExampleBatch extends Batch {
  kind: 'examples';
  /** Longest history of the batch; may be 0. */
  length: number;
  /** `[size]` */
  users: Int32Array;
  /** `[size, length]` */
  histories: Int32Array;
  /** `[size, 1 + numNegatives]`, the item that the user chose first; `[size, 1]` where there are labels. */
  candidates: Int32Array;
  numNegatives: number;
  /** `[size]`, 1 or 0: whether the user took the candidate. Only where the model learns from labels. */
  labels?: Float32Array;
  /** `[size, length]`, or null unless the request wants them; 0 where the history is padding. */
  negativeHistories: Int32Array | null;
  /** `[size, 1 + numNegatives, length]` where the request wants them: the history of each candidate. */
  candidateHistories?: Int32Array;
}

/** Makes batches of examples. */
export interface ExampleBuilder extends Readonly<ExampleRequest>, BatchBuilder {
  readonly unit: 'interactions';
}

/** The builder of what a model asks for. */
export function exampleBuilder(request: ExampleRequest): ExampleBuilder {
  return {
    ...request,
    unit: 'interactions',
    build: (data, batchSize, seed) => new ExampleBatches(data, request, batchSize, seed),
  };
}

/** Examples of a step, where each takes up so many of the batch size. */
export function examplesPerStep(batchSize: number, rowsPerExample = 1): number {
  return Math.max(1, Math.floor(batchSize / rowsPerExample));
}

/** Cuts the training interactions into batches, each with what its user did before it. */
export class ExampleBatches implements Batches {
  readonly stepsPerEpoch: number;
  readonly #data: TrainingData;
  readonly #request: ExampleRequest;
  readonly #batchSize: number;
  readonly #seed: number;
  /** Places in `data.items` of the interactions that are examples. */
  readonly #places: ShuffledOrder;
  /** User of each of all interactions. */
  readonly #userOf: Uint32Array;
  readonly #sampler: NegativeSampler;
  /** Null unless histories have negatives of each epoch. */
  readonly #historySampler: NegativeSampler | null;
  /** One negative for each of all interactions; null unless histories have negatives that stay. */
  readonly #fixedNegatives: Uint32Array | null;

  /** @throws ModelError when no training interaction has a history of the least length */
  constructor(data: TrainingData, request: ExampleRequest, batchSize: number, seed: number) {
    this.#data = data;
    this.#request = request;
    this.#batchSize = examplesPerStep(batchSize, request.rowsPerExample);
    this.#seed = seed;
    const { numUsers, offsets, trainEnd, items } = data;
    this.#userOf = new Uint32Array(items.length);
    const places: number[] = [];
    for (let user = 0; user < numUsers; user++) {
      this.#userOf.fill(user, offsets[user], offsets[user + 1]);
      for (let place = offsets[user]! + request.minLength; place < trainEnd[user]!; place++)
        places.push(place);
    }
    if (places.length === 0) {
      throw new ModelError(
        'training/no-examples',
        `No user has ${request.minLength + 1} interactions to learn from: the training part needs a user with that many, beside what ` +
          'is held out for validation and test. Use data with longer histories.',
      );
    }
    this.#places = new ShuffledOrder(Uint32Array.from(places), seed);
    this.#sampler = new NegativeSampler(data, request.sampler);
    const { negativeHistories, fixedNegativeHistories: fixed = false } = request;
    this.#historySampler = negativeHistories && !fixed ? new NegativeSampler(data, 'unconsumed') : null;
    this.#fixedNegatives = negativeHistories && fixed ? fixedNegatives(data, seed) : null;
    const { minBatchSize = 1 } = request;
    const left = places.length % this.#batchSize;
    this.stepsPerEpoch =
      Math.floor(places.length / this.#batchSize) + (left > 0 && left >= minBatchSize ? 1 : 0);
    if (this.stepsPerEpoch === 0) {
      throw new ModelError(
        'training/small-batches',
        `There are ${places.length} interactions to learn from, and \`model.minBatchSize\` leaves out batches of fewer than ` +
          `${minBatchSize}. Lower it, or use more data.`,
      );
    }
  }

  batch(epoch: number, index: number): ExampleBatch {
    const { offsets, items } = this.#data;
    const { maxLength, numNegatives } = this.#request;
    const from = index * this.#batchSize;
    const places = this.#places.of(epoch).subarray(from, from + this.#batchSize);
    const size = places.length;
    const users = Int32Array.from(places, (place) => this.#userOf[place]!);
    const before = (values: Uint32Array): Uint32Array[] =>
      Array.from(places, (place, row) =>
        values.subarray(Math.max(offsets[users[row]!]!, place - maxLength), place),
      );
    const histories = before(items);

    const random = new RandomStream(this.#seed, STREAMS.negatives, epoch, index);
    const positives = Int32Array.from(places, (place) => items[place]!);
    const columns = 1 + numNegatives;
    const candidates = new Int32Array(size * columns);
    positives.forEach((positive, row) => {
      candidates[row * columns] = positive;
      this.#sampler.draw(
        random,
        users[row]!,
        positive,
        candidates,
        row * columns + 1,
        numNegatives,
        positives,
      );
    });
    const own =
      this.#request.ownHistories === true ? this.#ownHistories(random, users, candidates, histories) : null;
    const length = (own ?? histories).reduce((longest, history) => Math.max(longest, history.length), 0);
    const padded = leftPadded(histories, length);
    return {
      kind: 'examples',
      size,
      length,
      users,
      histories: padded,
      candidates,
      numNegatives,
      negativeHistories: this.#fixedNegatives
        ? leftPadded(before(this.#fixedNegatives), length)
        : this.#historySampler && negativeHistories(this.#historySampler, random, users, padded, length),
      ...(own !== null && { candidateHistories: leftPadded(own, length) }),
    };
  }

  /** For each candidate what the user had before it, or before a random item of the training part. */
  #ownHistories(
    random: RandomStream,
    users: Int32Array,
    candidates: Int32Array,
    histories: readonly Uint32Array[],
  ): Uint32Array[] {
    const { offsets, trainEnd, items } = this.#data;
    const columns = candidates.length / users.length;
    return Array.from(candidates, (item, pair) => {
      const row = Math.floor(pair / columns);
      if (pair % columns === 0) return histories[row]!;
      const start = offsets[users[row]!]!;
      const known = items.subarray(start, trainEnd[users[row]!]);
      const met = known.indexOf(item);
      const place = start + (met < 0 ? random.nextInt(known.length) : met);
      return items.subarray(Math.max(start, place - this.#request.maxLength), place);
    });
  }
}
