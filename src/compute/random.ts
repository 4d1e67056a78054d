/**
 * Seeded random numbers without state to save. A stream is named by integers (seed, purpose, step, …) and its n-th number
 * depends on nothing else, so a resumed run draws exactly what an uninterrupted one would have drawn.
 *
 * Each number is a 32-bit counter mixed with the stream's key by two rounds of an avalanche function
 * (the "lowbias32" constants of C. Wellons' hash prospector). Good enough for dropout, sampling and shuffles; not for secrets.
 */
export class RandomStream {
  readonly #key: number;
  #counter = 0;

  constructor(...name: number[]) {
    let key = INCREMENT;
    for (const part of name) key = mix32(Math.imul(key, 31) ^ mix32(part | 0));
    this.#key = key;
  }

  /** The next integer in [0, 2³²). */
  nextUint32(): number {
    this.#counter = (this.#counter + INCREMENT) | 0;
    return mix32(mix32(this.#counter) ^ this.#key) >>> 0;
  }

  /** Skips the next `count` numbers and names them, for whoever draws them in any order or elsewhere (`uint32At`). */
  reserve(count: number): RandomBlock {
    const block = { key: this.#key >>> 0, start: this.#counter >>> 0 };
    this.#counter = (this.#counter + Math.imul(count, INCREMENT)) | 0;
    return block;
  }

  /** The next number in [0, 1). */
  nextFloat(): number {
    return this.nextUint32() / 0x100000000;
  }

  /** The next integer in [0, bound), without the bias of a plain remainder. */
  nextInt(bound: number): number {
    const limit = 0x100000000 - (0x100000000 % bound);
    let value = this.nextUint32();
    while (value >= limit) value = this.nextUint32();
    return value % bound;
  }

  /** The next number of the standard normal distribution (Box and Muller). */
  nextNormal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.nextFloat()));
    return radius * Math.cos(2 * Math.PI * this.nextFloat());
  }

  /** Shuffles in place (Fisher and Yates). */
  shuffle(values: Uint32Array): void {
    for (let last = values.length - 1; last > 0; last--) {
      const other = this.nextInt(last + 1);
      const value = values[last]!;
      values[last] = values[other]!;
      values[other] = value;
    }
  }
}

/** Consecutive numbers of a stream, by name. Both parts are integers in [0, 2³²). */
export interface RandomBlock {
  key: number;
  start: number;
}

/** A number of a block, counted from 0: what the stream's `nextUint32` would have drawn in its place. */
export function uint32At({ key, start }: RandomBlock, index: number): number {
  return mix32(mix32((start + Math.imul(index + 1, INCREMENT)) | 0) ^ key) >>> 0;
}

/** What the counter grows by: 2³² divided by the golden ratio, odd, so that all 2³² values come up. */
export const INCREMENT = 0x9e3779b9;
/** Multipliers of the two rounds of `mix32`. The kernels' dropout mixes with the same (kernels/signatures.h). */
export const FIRST_FACTOR = 0x21f0aaad;
export const SECOND_FACTOR = 0xd35a2d97;

function mix32(value: number): number {
  let x = value;
  x = Math.imul(x ^ (x >>> 16), FIRST_FACTOR);
  x = Math.imul(x ^ (x >>> 15), SECOND_FACTOR);
  return x ^ (x >>> 15);
}
