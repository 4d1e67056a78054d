import { nowAndThen, type LetEventsIn } from '../protocol/letEventsIn';

/** Training sequences as a compact list: user u's items are `items[offsets[u]] … items[ends[u] - 1]`, oldest first. */
export interface TrainingSequences {
  numItems: number;
  offsets: Uint32Array;
  ends: Uint32Array;
  /** Item indices from 1. */
  items: Uint32Array;
}

/** A simple recommender that needs no training loop. */
export interface Baseline {
  /**
   * @param histories items of each user, oldest first
   * @returns row-major `histories × numItems`; column j belongs to item index j + 1
   */
  score(histories: readonly Uint32Array[]): Float32Array | Promise<Float32Array>;
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
