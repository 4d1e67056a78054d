import { RandomStream } from '../compute/random';
import type { PreparedDataset } from '../dataset/preparedDataset';
import type { SequenceBatch } from '../model/sequenceModel';
import { TrainingError } from './trainingError';

export interface SequenceBatchOptions {
  batchSize: number;
  maxSequenceLength: number;
  /** Negatives for each position; 0 for losses that need none. */
  numNegatives: number;
  seed: number;
}

/** Names of the random streams that batches draw from. */
const STREAMS = { order: 2, negatives: 3 } as const;

/**
 * Cuts the training parts of all users into batches of left-padded sequences, in a new order each epoch.
 * Every batch depends only on the data, the seed and its place, so training can be taken up anywhere.
 */
export class SequenceBatches {
  readonly stepsPerEpoch: number;
  readonly #dataset: PreparedDataset;
  readonly #options: SequenceBatchOptions;
  /** Users with at least one item and its successor to learn from. */
  readonly #users: Uint32Array;
  #order: { epoch: number; users: Uint32Array } | null = null;

  /** @throws TrainingError when no user has two training interactions */
  constructor(dataset: PreparedDataset, options: SequenceBatchOptions) {
    this.#dataset = dataset;
    this.#options = options;
    this.#users = Uint32Array.from(dataset.trainEnd.keys()).filter(
      (user) => dataset.trainEnd[user]! - dataset.offsets[user]! >= 2,
    );
    if (this.#users.length === 0) {
      throw new TrainingError(
        'training/no-sequences',
        'No user has two interactions to learn from: after leave-one-out takes each user’s last two for validation and ' +
          'test, the training part needs at least two more. Use data with longer histories, or set `minUserInteractions` to 4 to see what is left.',
      );
    }
    this.stepsPerEpoch = Math.ceil(this.#users.length / options.batchSize);
  }

  /** @param epoch from 1 @param index from 0 within the epoch */
  batch(epoch: number, index: number): SequenceBatch {
    const from = index * this.#options.batchSize;
    const users = this.#usersInOrder(epoch).subarray(from, from + this.#options.batchSize);
    const sequences = Array.from(users, (user) => this.#sequence(user));
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
    const { numNegatives } = this.#options;
    const negatives = numNegatives > 0 ? this.#negatives(users, targets, length, epoch, index) : null;
    return { size, length, items, targets, negatives, numNegatives };
  }

  /** The newest training items of a user: at most one more than the model reads, because the last is only a target. */
  #sequence(user: number): Uint32Array {
    const { offsets, trainEnd, items } = this.#dataset;
    const end = trainEnd[user]!;
    return items.subarray(Math.max(offsets[user]!, end - this.#options.maxSequenceLength - 1), end);
  }

  #usersInOrder(epoch: number): Uint32Array {
    if (this.#order?.epoch !== epoch) {
      const users = this.#users.slice();
      new RandomStream(this.#options.seed, STREAMS.order, epoch).shuffle(users);
      this.#order = { epoch, users };
    }
    return this.#order.users;
  }

  /** Items drawn uniformly from those the user has not met in training; from all but the target when nothing is left. */
  #negatives(
    users: Uint32Array,
    targets: Int32Array,
    length: number,
    epoch: number,
    index: number,
  ): Int32Array {
    const { offsets, trainEnd, items, numItems } = this.#dataset;
    const { numNegatives, seed } = this.#options;
    const random = new RandomStream(seed, STREAMS.negatives, epoch, index);
    const negatives = new Int32Array(users.length * length * numNegatives);
    users.forEach((user, row) => {
      const met = new Set(items.subarray(offsets[user], trainEnd[user]));
      const metAll = met.size >= numItems;
      for (let position = row * length; position < (row + 1) * length; position++) {
        const target = targets[position]!;
        if (target === 0) continue;
        for (let k = 0; k < numNegatives; k++) {
          let item = 1 + random.nextInt(numItems);
          while (metAll ? item === target && numItems > 1 : met.has(item))
            item = 1 + random.nextInt(numItems);
          negatives[position * numNegatives + k] = item;
        }
      }
    });
    return negatives;
  }
}
