import { RandomStream } from '../../compute/random';
import { STREAMS } from '../../compute/randomStreams';
import { ModelError } from '../modelError';
import type { Sampler } from '../parts/samplingWeights';
import type { Batch, BatchBuilder, Batches, TimesRead, TrainingData } from './batchBuilder';
import { NegativeSampler } from './negativeSampler';
import { paddedTimes } from './paddedTimes';
import { ShuffledOrder } from './shuffledOrder';

/** Whole sequences, with the next item as the target at each position. */
export interface SequenceRequest {
  /** Positions that the model reads, at most. */
  maxLength: number;
  /** For each position, or for the batch where they are shared. */
  numNegatives: number;
  sampler: Sampler;
  /** One set of negatives for all positions of a batch. */
  sharedNegatives: boolean;
  /** Whether items come with their times; no if left out. */
  times?: TimesRead;
}

/** Sequences of one optimizer step, arrays of `size × length`. */
export interface SequenceBatch extends Batch {
  kind: 'sequences';
  length: number;
  /** User of each row. */
  users: Int32Array;
  /** Item at each position. */
  items: Int32Array;
  /** Item that follows each position; 0 where nothing is to be learned. */
  targets: Int32Array;
  /** `numNegatives` items for each position, or for all of them where the request shares them; null when there are none. */
  negatives: Int32Array | null;
  numNegatives: number;
  /** Where the request wants them: seconds since 1970 of each item and, last, of the last target, `[size, length + 1]`. */
  times?: Float64Array;
}

/** Makes batches of sequences. */
export interface SequenceBuilder extends Readonly<SequenceRequest>, BatchBuilder {
  readonly unit: 'sequences';
}

/** The builder of what a model asks for. */
export function sequenceBuilder(request: SequenceRequest): SequenceBuilder {
  return {
    ...request,
    unit: 'sequences',
    minLength: 1,
    build: (data, batchSize, seed) => new SequenceBatches(data, request, batchSize, seed),
  };
}

/** Cuts the training parts of all users into batches of left-padded sequences. */
export class SequenceBatches implements Batches {
  readonly stepsPerEpoch: number;
  readonly #data: TrainingData;
  readonly #request: SequenceRequest;
  readonly #batchSize: number;
  readonly #seed: number;
  /** Users with at least one item and its successor to learn from. */
  readonly #users: ShuffledOrder;
  readonly #sampler: NegativeSampler | null;

  /** @throws ModelError when no user has two training interactions */
  constructor(data: TrainingData, request: SequenceRequest, batchSize: number, seed: number) {
    this.#data = data;
    this.#request = request;
    this.#batchSize = batchSize;
    this.#seed = seed;
    const users = Uint32Array.from(data.trainEnd.keys()).filter(
      (user) => data.trainEnd[user]! - data.offsets[user]! >= 2,
    );
    if (users.length === 0) {
      throw new ModelError(
        'training/no-sequences',
        'No user has two interactions to learn from: after leave-one-out takes each user’s last two for validation and ' +
          'test, the training part needs at least two more. Use data with longer histories, or set `minUserInteractions` to 4 to see what is left.',
      );
    }
    if (request.times !== undefined && data.times === null) {
      throw new ModelError(
        'training/no-times',
        'The model reads the times of interactions, and the data have none. Name their column in `dataset.columns.timestamp`.',
      );
    }
    this.#users = new ShuffledOrder(users, seed);
    this.#sampler = request.numNegatives > 0 ? new NegativeSampler(data, request.sampler) : null;
    this.stepsPerEpoch = Math.ceil(users.length / batchSize);
  }

  batch(epoch: number, index: number): SequenceBatch {
    const from = index * this.#batchSize;
    const users = this.#users.of(epoch).subarray(from, from + this.#batchSize);
    const sequences = Array.from(users, (user) => this.#newest(user, this.#data.items));
    // Columns that are padding for everybody change nothing, so they are left out.
    const length = Math.max(...sequences.map((sequence) => sequence.length)) - 1;
    const size = users.length;
    const items = new Int32Array(size * length);
    const targets = new Int32Array(size * length);
    sequences.forEach((sequence, row) => {
      const start = row * length + length - (sequence.length - 1);
      items.set(sequence.subarray(0, -1), start);
      targets.set(sequence.subarray(1), start);
    });
    const { numNegatives, times } = this.#request;
    const random = new RandomStream(this.#seed, STREAMS.negatives, epoch, index);
    const negatives = this.#sampler && this.#negatives(this.#sampler, users, targets, length, random);
    return {
      kind: 'sequences',
      size,
      length,
      users: Int32Array.from(users),
      items,
      targets,
      negatives,
      numNegatives,
      ...(times !== undefined && { times: this.#times(users, length + 1) }),
    };
  }

  /** Of the newest training interactions of a user: at most one more than the model reads, because the last is only a target. */
  #newest<Values extends Uint32Array | Float64Array>(user: number, values: Values): Values {
    const { offsets, trainEnd } = this.#data;
    const end = trainEnd[user]!;
    return values.subarray(Math.max(offsets[user]!, end - this.#request.maxLength - 1), end) as Values;
  }

  #times(users: Uint32Array, columns: number): Float64Array {
    return paddedTimes(
      Array.from(users, (user) => this.#newest(user, this.#data.times!)),
      columns,
    );
  }

  #negatives(
    sampler: NegativeSampler,
    users: Uint32Array,
    targets: Int32Array,
    length: number,
    random: RandomStream,
  ): Int32Array {
    const { numNegatives, sharedNegatives } = this.#request;
    const positives = targets.filter((target) => target !== 0);
    if (sharedNegatives) {
      const shared = new Int32Array(numNegatives);
      sampler.draw(random, users[0]!, 0, shared, 0, numNegatives, positives);
      return shared;
    }
    const negatives = new Int32Array(targets.length * numNegatives);
    targets.forEach((target, place) => {
      if (target === 0) return;
      const user = users[Math.floor(place / length)]!;
      sampler.draw(random, user, target, negatives, place * numNegatives, numNegatives, positives);
    });
    return negatives;
  }
}
