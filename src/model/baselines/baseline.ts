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

/** Lets the rest of the process have its turn; throws where the work is to be given up. */
export type Pause = () => void | Promise<void>;

/** Milliseconds of work after which others get their turn. */
const TURN_MS = 50;

/** A pause to be asked for at every step: it is made when the last one was long enough ago. */
export function nowAndThen(pause: Pause | undefined): () => Promise<void> {
  let last = performance.now();
  return async () => {
    if (performance.now() - last < TURN_MS) return;
    await pause?.();
    last = performance.now();
  };
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
