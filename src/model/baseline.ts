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

/** Calls `visit` with each user's sequence, and `pause` now and then between them. */
export async function forEachSequence(
  { items, offsets, ends }: TrainingSequences,
  visit: (items: Uint32Array) => void,
  pause?: Pause,
): Promise<void> {
  const rest = nowAndThen(pause);
  for (const [user, end] of ends.entries()) {
    visit(items.subarray(offsets[user], end));
    await rest();
  }
}

/** How often each item occurs; index j belongs to item index j + 1. */
export async function itemCounts(sequences: TrainingSequences, pause?: Pause): Promise<Float32Array> {
  const counts = new Float32Array(sequences.numItems);
  const count = (items: Uint32Array) => {
    for (const item of items) counts[item - 1]!++;
  };
  await forEachSequence(sequences, count, pause);
  return counts;
}
