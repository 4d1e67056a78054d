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
  score(histories: readonly Uint32Array[]): Float32Array;
}

/** Calls `visit` with each user's sequence. */
export function forEachSequence(sequences: TrainingSequences, visit: (items: Uint32Array) => void): void {
  sequences.ends.forEach((end, user) => visit(sequences.items.subarray(sequences.offsets[user], end)));
}

/** How often each item occurs; index j belongs to item index j + 1. */
export function itemCounts(sequences: TrainingSequences): Float32Array {
  const counts = new Float32Array(sequences.numItems);
  forEachSequence(sequences, (items) => {
    for (const item of items) counts[item - 1]!++;
  });
  return counts;
}
