import type { Draws } from './bootstrap';
import { kindsOf, type UserValues } from './userKinds';

/** Sums of the same numbers in another order differ by their rounding. */
const ROUNDING = 1e-12;
/** Users between two calls of `onProgress`. */
const USERS_AT_ONCE = 50_000_000;

/**
 * How likely differences between two runs are to be as large as these, in either direction, if it meant nothing which of the two a
 * value came from: the share of random swaps, user by user, after which the sum is at least as large (Fisher's randomization test;
 * the observed order is one of the swaps, so that the share is never 0: Phipson and Smyth, 2010).
 * @param columns differences by user, for each metric; all are swapped together. A user who does not count differs by nothing.
 * @returns the p-value of each column; 1 where nobody differs
 */
export async function randomizationTest(
  columns: readonly UserValues[],
  { count, source, onProgress }: Draws,
): Promise<number[]> {
  const counted = columns.map((column) => column.map((value) => (Number.isNaN(value) ? 0 : value)));
  const { kindOf, sizes, values } = kindsOf(counted);
  const differing = Array.from(sizes.keys()).filter((kind) => values.some((column) => column[kind] !== 0));
  const net = new Float64Array(sizes.length);
  const sumOf = (column: Float64Array, weights: ArrayLike<number>): number => {
    let sum = 0;
    for (const kind of differing) sum += weights[kind]! * column[kind]!;
    return sum;
  };
  const limits = values.map((column) => {
    const size = sumOf(column.map(Math.abs), sizes);
    return Math.abs(sumOf(column, sizes)) - ROUNDING * size;
  });
  const asLarge = new Uint32Array(columns.length);
  const atOnce = Math.max(1, Math.floor(USERS_AT_ONCE / Math.max(1, kindOf.length)));
  for (let flip = 0; flip < count; flip++) {
    if (flip % atOnce === 0) await onProgress?.(flip, count);
    for (const kind of differing) net[kind] = 2 * randomHeads(sizes[kind]!, source) - sizes[kind]!;
    values.forEach((column, index) => {
      if (Math.abs(sumOf(column, net)) >= limits[index]!) asLarge[index] = asLarge[index]! + 1;
    });
  }
  return Array.from(asLarge, (larger) => (larger + 1) / (count + 1));
}

/** How many of so many coins come up heads. */
function randomHeads(coins: number, source: Draws['source']): number {
  let heads = 0;
  let left = coins;
  for (; left >= 32; left -= 32) heads += bitCount(source.nextUint32());
  return left === 0 ? heads : heads + bitCount(source.nextUint32() >>> (32 - left));
}

/** Bits that are set in 32, added in pairs, then in fours, and so on. */
function bitCount(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
