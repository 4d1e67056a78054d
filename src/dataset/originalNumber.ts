import type { NumberColumn } from '../protocol/features';

/** Digits that tell all numbers apart. */
const ALL_DIGITS = 17;

/**
 * A value of a feature as it was in the data. What is kept is normalized and rounded to float32, so turning it back gives
 * 26.5500011 for 26.55: of all numbers that are kept as this one, the data had the one with the fewest digits.
 */
export function originalNumber({ values, shift, scale }: NumberColumn, row: number): number {
  const kept = values[row]!;
  const near = kept * scale + shift;
  for (let digits = 1; digits < ALL_DIGITS; digits++) {
    const short = Number(near.toPrecision(digits));
    if (Math.fround((short - shift) / scale) === kept) return short;
  }
  return near;
}
