import { RandomStream } from '../compute/random';
import type { PreparedDataset } from '../dataset/preparedDataset';
import type { ExampleBatch, ExampleRequest } from '../model/model';
import type { Batches } from './batches';
import { NegativeSampler } from './negativeSampler';
import { ShuffledOrder, STREAMS } from './shuffledOrder';
import { TrainingError } from './trainingError';

/** Cuts the training interactions into batches, each with what its user did before it. */
export class ExampleBatches implements Batches {
  readonly stepsPerEpoch: number;
  readonly #dataset: PreparedDataset;
  readonly #request: ExampleRequest;
  readonly #batchSize: number;
  readonly #seed: number;
  /** Places in `dataset.items` of the interactions that are examples. */
  readonly #places: ShuffledOrder;
  /** User of each of all interactions. */
  readonly #userOf: Uint32Array;
  readonly #sampler: NegativeSampler;
  readonly #historySampler: NegativeSampler;

  /** @throws TrainingError when no training interaction has a history of the least length */
  constructor(dataset: PreparedDataset, request: ExampleRequest, batchSize: number, seed: number) {
    this.#dataset = dataset;
    this.#request = request;
    this.#batchSize = batchSize;
    this.#seed = seed;
    const { numUsers, offsets, trainEnd, items } = dataset;
    this.#userOf = new Uint32Array(items.length);
    const places: number[] = [];
    for (let user = 0; user < numUsers; user++) {
      this.#userOf.fill(user, offsets[user], offsets[user + 1]);
      for (let place = offsets[user]! + request.minLength; place < trainEnd[user]!; place++)
        places.push(place);
    }
    if (places.length === 0) {
      throw new TrainingError(
        'training/no-examples',
        `No user has ${request.minLength + 1} interactions to learn from: after leave-one-out takes each user’s last two for ` +
          'validation and test, the training part needs that many. Use data with longer histories.',
      );
    }
    this.#places = new ShuffledOrder(Uint32Array.from(places), seed);
    this.#sampler = new NegativeSampler(dataset, request.sampler);
    this.#historySampler = new NegativeSampler(dataset, 'unconsumed');
    this.stepsPerEpoch = Math.ceil(places.length / batchSize);
  }

  batch(epoch: number, index: number): ExampleBatch {
    const { offsets, items } = this.#dataset;
    const { maxLength, numNegatives } = this.#request;
    const from = index * this.#batchSize;
    const places = this.#places.of(epoch).subarray(from, from + this.#batchSize);
    const size = places.length;
    const users = Int32Array.from(places, (place) => this.#userOf[place]!);
    const histories = Array.from(places, (place, row) =>
      items.subarray(Math.max(offsets[users[row]!]!, place - maxLength), place),
    );
    const length = Math.max(...histories.map((history) => history.length));
    const padded = new Int32Array(size * length);
    histories.forEach((history, row) => padded.set(history, (row + 1) * length - history.length));

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
    return {
      kind: 'examples',
      size,
      length,
      users,
      histories: padded,
      candidates,
      numNegatives,
      negativeHistories: this.#request.negativeHistories
        ? this.#negativeHistories(random, users, padded, length)
        : null,
    };
  }

  #negativeHistories(
    random: RandomStream,
    users: Int32Array,
    histories: Int32Array,
    length: number,
  ): Int32Array {
    const negatives = new Int32Array(histories.length);
    histories.forEach((item, place) => {
      if (item === 0) return;
      const user = users[Math.floor(place / length)]!;
      this.#historySampler.draw(random, user, item, negatives, place, 1, histories);
    });
    return negatives;
  }
}
