import { RandomStream } from '../../compute/random';
import { STREAMS } from '../../compute/randomStreams';

/** Something to learn from, in an order of its own for each epoch. */
export class ShuffledOrder {
  readonly #entries: Uint32Array;
  readonly #seed: number;
  #shuffled: { epoch: number; entries: Uint32Array } | null = null;

  constructor(entries: Uint32Array, seed: number) {
    this.#entries = entries;
    this.#seed = seed;
  }

  /** @param epoch from 1 */
  of(epoch: number): Uint32Array {
    if (this.#shuffled?.epoch !== epoch) {
      const entries = this.#entries.slice();
      new RandomStream(this.#seed, STREAMS.order, epoch).shuffle(entries);
      this.#shuffled = { epoch, entries };
    }
    return this.#shuffled.entries;
  }
}
