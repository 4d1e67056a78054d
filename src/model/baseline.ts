import type { FeatureColumn } from '../protocol/features';
import { nowAndThen, type LetEventsIn } from '../protocol/letEventsIn';

/** Training sequences as a compact list: user u's items are `items[offsets[u]] … items[ends[u] - 1]`, oldest first. */
export interface TrainingSequences {
  numItems: number;
  offsets: Uint32Array;
  ends: Uint32Array;
  /** Item indices from 1. */
  items: Uint32Array;
  /** Only where the data have labels. */
  shown?: ShownSequences;
}

/** What users were shown, row by row, and whether they took it; with all that is known of users and items. */
export interface ShownSequences {
  numUsers: number;
  users: Uint32Array;
  /** Item indices from 1. */
  items: Uint32Array;
  /** 1: the user took it; 0: they did not. */
  labels: Uint8Array;
  /** By item index; row 0 is the padding's, and unknown. */
  itemFeatures: readonly FeatureColumn[];
  /** By user index. */
  userFeatures: readonly FeatureColumn[];
}

/** A simple recommender that needs no training loop. */
export interface Baseline {
  /** Scores that one call may make at the most, where it takes less time for more histories at once. */
  readonly batchScores?: number;
  /**
   * @param histories items of each user, oldest first
   * @returns row-major `histories × numItems`; column j belongs to item index j + 1
   */
  score(histories: readonly Uint32Array[]): Float32Array | Promise<Float32Array>;
  /**
   * Probabilities that users take items, pair by pair. Only those that learn from labels have some.
   * @param users index of each user
   * @param items index of each item
   */
  probabilities?(users: ArrayLike<number>, items: ArrayLike<number>): Float64Array;
}

/** What a baseline of labels learns from. Configs name none where the data have no labels. */
export function shownOf({ shown }: TrainingSequences): ShownSequences {
  if (shown === undefined) throw new Error('The baseline learns from labels, and the data have none.');
  return shown;
}

/** Calls `visit` with each user's sequence, and `letEventsIn` now and then between them. */
export async function forEachSequence(
  { items, offsets, ends }: TrainingSequences,
  visit: (items: Uint32Array) => void,
  letEventsIn?: LetEventsIn,
): Promise<void> {
  const rest = nowAndThen(letEventsIn);
  for (const [user, end] of ends.entries()) {
    visit(items.subarray(offsets[user], end));
    await rest();
  }
}

/** How often each item occurs; index j belongs to item index j + 1. */
export async function itemCounts(
  sequences: TrainingSequences,
  letEventsIn?: LetEventsIn,
): Promise<Float32Array> {
  const counts = new Float32Array(sequences.numItems);
  const count = (items: Uint32Array) => {
    for (const item of items) counts[item - 1]!++;
  };
  await forEachSequence(sequences, count, letEventsIn);
  return counts;
}
