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
  /** What is learned of a longer history: its newest items, or all, window by window. */
  longHistories: 'newest' | 'windows';
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

/** The part of a history that makes a row: `items[start] … items[end - 1]`, of which the first is no target. */
interface Window {
  user: number;
  start: number;
  end: number;
}

/** Cuts the training parts of all users into batches of left-padded sequences. */
export class SequenceBatches implements Batches {
  readonly stepsPerEpoch: number;
  readonly #data: TrainingData;
  readonly #request: SequenceRequest;
  readonly #batchSize: number;
  readonly #seed: number;
  readonly #windows: readonly Window[];
  /** Of the windows, by index. */
  readonly #order: ShuffledOrder;
  readonly #sampler: NegativeSampler | null;

  /** @throws ModelError when no user has two training interactions */
  constructor(data: TrainingData, request: SequenceRequest, batchSize: number, seed: number) {
    this.#data = data;
    this.#request = request;
    this.#batchSize = batchSize;
    this.#seed = seed;
    this.#windows = windowsOf(data, request);
    if (this.#windows.length === 0) {
      throw new ModelError(
        'training/no-sequences',
        'No user has two interactions to learn from: the training part needs a user with that many, beside what is held out ' +
          'for validation and test. Use data with longer histories, or set `minUserInteractions` to 4 to see what is left.',
      );
    }
    if (request.times !== undefined && data.times === null) {
      throw new ModelError(
        'training/no-times',
        'The model reads the times of interactions, and the data have none. Name their column in `dataset.columns.timestamp`.',
      );
    }
    this.#order = new ShuffledOrder(Uint32Array.from(this.#windows.keys()), seed);
    this.#sampler = request.numNegatives > 0 ? new NegativeSampler(data, request.sampler) : null;
    this.stepsPerEpoch = Math.ceil(this.#windows.length / batchSize);
  }

  batch(epoch: number, index: number): SequenceBatch {
    const from = index * this.#batchSize;
    const order = this.#order.of(epoch).subarray(from, from + this.#batchSize);
    const windows = Array.from(order, (index) => this.#windows[index]!);
    const users = Int32Array.from(windows, ({ user }) => user);
    const sequences = windows.map(({ start, end }) => this.#data.items.subarray(start, end));
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
      users,
      items,
      targets,
      negatives,
      numNegatives,
      ...(times !== undefined && { times: this.#times(windows, length + 1) }),
    };
  }

  #times(windows: readonly Window[], columns: number): Float64Array {
    return paddedTimes(
      windows.map(({ start, end }) => this.#data.times!.subarray(start, end)),
      columns,
    );
  }

  #negatives(
    sampler: NegativeSampler,
    users: Int32Array,
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

/**
 * The windows of all users who have an item and its successor to learn from, each user's newest first. A window has one item more than
 * the model reads, because its last is only a target; where older items are learned, it begins with the last target of the window
 * before, so that every item but a user's first is a target once.
 */
function windowsOf(
  { offsets, trainEnd }: TrainingData,
  { maxLength, longHistories }: SequenceRequest,
): Window[] {
  const windows: Window[] = [];
  for (const [user, last] of trainEnd.entries()) {
    const first = offsets[user]!;
    let end = last;
    while (end - first >= 2) {
      const start = Math.max(first, end - maxLength - 1);
      windows.push({ user, start, end });
      if (longHistories === 'newest') break;
      end = start + 1;
    }
  }
  return windows;
}
