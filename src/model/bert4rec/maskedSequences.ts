import { RandomStream } from '../../compute/random';
import { STREAMS } from '../../compute/randomStreams';
import type { Batch, BatchBuilder, Batches, TrainingData } from '../batches/batchBuilder';
import { NegativeSampler } from '../batches/negativeSampler';
import { ShuffledOrder } from '../batches/shuffledOrder';
import { ModelError } from '../modelError';
import type { TargetRows } from '../parts/nextItemLoss';
import { sharesNegatives } from '../parts/nextItemLossOptions';
import { newestCount, numPositions, type Bert4recConfig } from './options';
import { newestSupervised } from './quirks';

/** Left-padded sequences, in which some items were masked. */
export interface MaskedBatch extends Batch {
  length: number;
  /** What the model reads, `[size × length]`; the mask token is N + 1. */
  items: Int32Array;
  /** The masked positions that it learns from, with the items that were there. */
  rows: TargetRows;
}

/** A sequence and the places in it that were selected, ascending. */
interface MaskedSequence {
  original: Uint32Array;
  items: Uint32Array;
  supervised: number[];
}

/** Makes batches of masked sequences (section 3.6 of the paper, a cloze task). */
export function maskedSequenceBuilder(config: Bert4recConfig): BatchBuilder {
  return {
    unit: 'sequences',
    maxLength: config.maxSequenceLength,
    minLength: 1,
    build: (data, batchSize, seed) => new MaskedSequences(data, config, batchSize, seed),
  };
}

class MaskedSequences implements Batches {
  readonly stepsPerEpoch: number;
  readonly #data: TrainingData;
  readonly #config: Bert4recConfig;
  readonly #batchSize: number;
  readonly #seed: number;
  /** User of each sequence, and where it ends in `data.items`. */
  readonly #sequences: { users: Uint32Array; ends: Uint32Array };
  readonly #order: ShuffledOrder;
  readonly #sampler: NegativeSampler | null;

  /** @throws ModelError when no sequence has two items */
  constructor(data: TrainingData, config: Bert4recConfig, batchSize: number, seed: number) {
    this.#data = data;
    this.#config = config;
    this.#batchSize = batchSize;
    this.#seed = seed;
    this.#sequences = sequencesOf(data, config);
    const { length } = this.#sequences.users;
    this.#order = new ShuffledOrder(
      Uint32Array.from({ length }, (_, index) => index),
      seed,
    );
    const { loss } = config;
    this.#sampler = loss.type === 'crossEntropy' ? null : new NegativeSampler(data, loss.sampler);
    this.stepsPerEpoch = Math.ceil(length / batchSize);
  }

  batch(epoch: number, index: number): MaskedBatch {
    const from = index * this.#batchSize;
    const chosen = this.#order.of(epoch).subarray(from, from + this.#batchSize);
    const random = new RandomStream(this.#seed, STREAMS.masks, epoch, index);
    const originals = Array.from(chosen, (sequence) => this.#items(sequence));
    const masked = this.#mask(originals, random);
    // Columns that are padding for everybody change nothing, so they are left out.
    const length = Math.max(...originals.map((items) => items.length));
    const items = new Int32Array(chosen.length * length);
    const positions: number[] = [];
    const targets: number[] = [];
    const users: number[] = [];
    masked.forEach(({ original, items: read, supervised }, row) => {
      const start = (row + 1) * length - read.length;
      items.set(read, start);
      for (const place of supervised) {
        positions.push(start + place);
        targets.push(original[place]!);
        users.push(this.#sequences.users[chosen[row]!]!);
      }
    });
    const rows = this.#withNegatives(Int32Array.from(positions), Int32Array.from(targets), users, [
      epoch,
      index,
    ]);
    return { size: chosen.length, length, items, rows };
  }

  /** The newest items of a sequence, as many as the model has positions for. */
  #items(sequence: number): Uint32Array {
    const { users, ends } = this.#sequences;
    const [start, end] = [this.#data.offsets[users[sequence]!]!, ends[sequence]!];
    return this.#data.items.subarray(Math.max(start, end - numPositions(this.#config)), end);
  }

  /** At least one position of a batch is learned from: where none was selected, the last item of each sequence is masked. */
  #mask(originals: readonly Uint32Array[], random: RandomStream): MaskedSequence[] {
    const masksLast = random.nextFloat() < this.#config.maskLastProbability;
    const masked = masksLast ? [] : originals.map((original) => this.#maskAny(original, random));
    return masked.some(({ supervised }) => supervised.length > 0)
      ? masked
      : originals.map((original) => this.#maskLast(original));
  }

  #maskLast(original: Uint32Array): MaskedSequence {
    const items = original.slice();
    const last = items.length - 1;
    items[last] = this.#maskToken;
    return { original, items, supervised: [last] };
  }

  /** Selects each position by itself, and puts the mask token, a random item or what was there into it. */
  #maskAny(original: Uint32Array, random: RandomStream): MaskedSequence {
    const { maskProbability, randomProbability, keepProbability, supervision } = this.#config;
    const items = original.slice();
    const selected: number[] = [];
    for (let place = 0; place < items.length; place++) {
      if (random.nextFloat() >= maskProbability) continue;
      selected.push(place);
      const share = random.nextFloat();
      if (share < randomProbability) items[place] = 1 + random.nextInt(this.#data.numItems);
      else if (share >= randomProbability + keepProbability) items[place] = this.#maskToken;
    }
    const supervised =
      supervision === 'all' ? selected : newestSupervised(selected, newestCount(this.#config));
    return { original, items, supervised };
  }

  get #maskToken(): number {
    return this.#data.numItems + 1;
  }

  #withNegatives(
    positions: Int32Array,
    targets: Int32Array,
    users: readonly number[],
    place: readonly [epoch: number, index: number],
  ): TargetRows {
    const { loss } = this.#config;
    const sampler = this.#sampler;
    if (sampler === null || loss.type === 'crossEntropy')
      return { positions, targets, candidates: null, sharedNegatives: null };
    const { numNegatives } = loss;
    const random = new RandomStream(this.#seed, STREAMS.negatives, ...place);
    if (sharesNegatives(loss)) {
      const sharedNegatives = new Int32Array(numNegatives);
      sampler.draw(random, users[0]!, 0, sharedNegatives, 0, numNegatives, targets);
      return { positions, targets, candidates: null, sharedNegatives };
    }
    const columns = 1 + numNegatives;
    const candidates = new Int32Array(targets.length * columns);
    targets.forEach((target, row) => {
      candidates[row * columns] = target;
      sampler.draw(random, users[row]!, target, candidates, row * columns + 1, numNegatives, targets);
    });
    return { positions, targets, candidates, sharedNegatives: null };
  }
}

/** Sequences of at least two items: a lone item that is masked leaves nothing to tell it from. */
function sequencesOf(
  { numUsers, offsets, trainEnd }: TrainingData,
  config: Bert4recConfig,
): { users: Uint32Array; ends: Uint32Array } {
  const isPrefix = config.sequences === 'prefixes';
  /** Items between the ends of two sequences of a user. */
  const distance = { newest: Infinity, windows: numPositions(config), prefixes: 1 }[config.sequences];
  const users: number[] = [];
  const ends: number[] = [];
  for (let user = 0; user < numUsers; user++) {
    const [shortest, whole] = [offsets[user]! + 2, trainEnd[user]!];
    // RecBole's prefixes have a next item, which BERT4Rec does not look at.
    const last = isPrefix ? whole - 1 : whole;
    for (let end = last; end >= shortest; end -= distance) {
      users.push(user);
      ends.push(end);
    }
  }
  if (users.length === 0) {
    const [needed, count] = isPrefix ? ['three', 5] : ['two', 4];
    throw new ModelError(
      'training/no-sequences',
      `No user has ${needed} interactions to learn from: the training part needs a user with that many, beside what is held out ` +
        `for validation and test. Use data with longer histories, or set \`minUserInteractions\` to ${count} to see what is left.`,
    );
  }
  return { users: Uint32Array.from(users), ends: Uint32Array.from(ends) };
}
