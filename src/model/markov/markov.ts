import { type Baseline, forEachSequence, itemCounts, type TrainingSequences } from '../baseline';
import type { LetEventsIn } from '../../protocol/letEventsIn';

/**
 * First-order Markov chain: how often an item followed the user's newest one. Items that followed it equally often, or
 * never, are ordered among themselves by popularity.
 */
export class Markov implements Baseline {
  /** In [0, ½): less than one time of following. */
  readonly #popularity: Float32Array;
  /** Item → its followers and how often each followed. */
  readonly #followers: Map<number, number>[];

  private constructor(counts: Float32Array) {
    this.#followers = Array.from({ length: counts.length + 1 }, () => new Map<number, number>());
    const largest = counts.reduce((max, count) => Math.max(max, count), 0);
    this.#popularity = counts.map((count) => (0.5 * count) / (largest + 1));
  }

  static async fit(sequences: TrainingSequences, letEventsIn?: LetEventsIn): Promise<Markov> {
    const markov = new Markov(await itemCounts(sequences, letEventsIn));
    await forEachSequence(sequences, (items) => markov.#count(items), letEventsIn);
    return markov;
  }

  #count(items: Uint32Array): void {
    for (let position = 1; position < items.length; position++) {
      const followers = this.#followers[items[position - 1]!]!;
      const item = items[position]!;
      followers.set(item, (followers.get(item) ?? 0) + 1);
    }
  }

  score(histories: readonly Uint32Array[]): Float32Array {
    const width = this.#popularity.length;
    const scores = new Float32Array(histories.length * width);
    histories.forEach((history, row) => {
      scores.set(this.#popularity, row * width);
      const followers = this.#followers[history.at(-1) ?? 0]!;
      for (const [item, count] of followers) scores[row * width + item - 1]! += count;
    });
    return scores;
  }
}
