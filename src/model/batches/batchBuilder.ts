import type { BatchUnit } from '../../protocol/run';

/** Training interactions as a compact list: user u's are at `offsets[u]` … `trainEnd[u] - 1`, oldest first. */
export interface TrainingData {
  numUsers: number;
  numItems: number;
  /** `[numUsers + 1]` */
  offsets: Uint32Array;
  /** `[numUsers]`. What is held out lies behind, and is nothing to learn from. */
  trainEnd: Uint32Array;
  /** Items from 1, of all interactions. */
  items: Uint32Array;
  /** Seconds since 1970 of each interaction; null when the data have no time column. */
  times: Float64Array | null;
  /** What users were shown, where the data have labels; null or left out where they do not. */
  labeled?: LabeledRows | null;
}

/**
 * Rows that users were shown, which they took (those are among the interactions, too) or did not. User u's are at
 * `offsets[u]` … `trainEnd[u] - 1`, oldest first.
 */
export interface LabeledRows {
  /** `[numUsers + 1]` */
  offsets: Uint32Array;
  /** `[numUsers]`. What is held out lies behind. */
  trainEnd: Uint32Array;
  /** Items from 1, of all rows. */
  items: Uint32Array;
  /** 1: the user took it; 0: they did not. */
  labels: Uint8Array;
  /** A row's history is the user's interactions before this place: from `offsets[u]` of the training data. */
  historyEnd: Uint32Array;
}

/** What one optimizer step learns from. What else is in it is between the builder and its model. */
export interface Batch {
  /** Rows. */
  size: number;
}

/**
 * The training part cut into batches, in a new order each epoch. Every batch depends only on the data, the seed and its
 * place, so training can be taken up anywhere.
 */
export interface Batches {
  readonly stepsPerEpoch: number;
  /** @param epoch from 1 @param index from 0 within the epoch */
  batch(epoch: number, index: number): Batch;
}

/** Times of a history, or also that of what is to be predicted, so that a measurement has to say that the model knew it. */
export type TimesRead = 'history' | 'target';

/** How a model wants the training part cut into batches. There are some to share; a model may bring its own. */
export interface BatchBuilder {
  /** What the rows of a batch are, for people. */
  readonly unit: BatchUnit;
  /** Items of a history that the model reads, at most; 0 when it reads none. */
  readonly maxLength: number;
  /** Training meets no shorter history. */
  readonly minLength: number;
  /** What it reads of times; none if left out. */
  readonly times?: TimesRead;
  /** Its batches are of {@link LabeledRows}, and scores are logits of the probability that the user takes the item. Built-in models only. */
  readonly learnsFromLabels?: true;
  /**
   * @param batchSize rows of a batch, as the config has it
   * @throws ModelError when there is nothing to learn from
   */
  build(data: TrainingData, batchSize: number, seed: number): Batches;
}

/** Training interactions of each item; `[numItems + 1]`, that of the padding is 0. */
export function itemCountsOf({ numUsers, numItems, offsets, trainEnd, items }: TrainingData): Uint32Array {
  const itemCounts = new Uint32Array(numItems + 1);
  for (let user = 0; user < numUsers; user++) {
    for (let place = offsets[user]!; place < trainEnd[user]!; place++) itemCounts[items[place]!]!++;
  }
  return itemCounts;
}
