/** Decimals of up to this many digits are all told apart by normal float32. */
const SAFE_DIGITS = 6;
/** Digits that tell all float32 apart. */
const ALL_DIGITS = 9;
/** The least normal float32: those below have fewer digits. */
const LEAST_NORMAL = 2 ** -126;

/** The number with the fewest digits that is this float32 when it is rounded to one: 26.55, not 26.549999237060547. */
export function shortestFloat32(value: number): number {
  if (!Number.isFinite(value) || value === 0) return value;
  const float = Math.fround(value);
  // Of a decimal with fewer digits the others are zeros, which a number does not keep.
  for (let digits = Math.abs(float) < LEAST_NORMAL ? 1 : SAFE_DIGITS; digits < ALL_DIGITS; digits++) {
    const short = Number(float.toPrecision(digits));
    if (Math.fround(short) === float) return short;
  }
  return Number(float.toPrecision(ALL_DIGITS));
}

/**
 * A replacer for `JSON.stringify`: what is a 32-bit number is written in as few digits as it takes, and arrays of such become
 * lists.
 */
export function shortFloats(_key: string, value: unknown): unknown {
  if (value instanceof Float32Array) return Array.from(value);
  return typeof value === 'number' && Math.fround(value) === value ? shortestFloat32(value) : value;
}
