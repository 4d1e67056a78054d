import { kindsOf, type RandomSource, type UserValues } from './userKinds';

/** How often users are drawn, and what is called in between: the place to let other work run, or to stop by throwing. */
export interface Draws {
  count: number;
  source: RandomSource;
  onProgress?: ((done: number, total: number) => void | Promise<void>) | undefined;
}

/** Users drawn between two calls of `onProgress`. */
const USERS_AT_ONCE = 2_000_000;

/**
 * Means over users drawn with replacement, as many as there are, for each column and each resample. All columns are resampled by the
 * same users, so that the difference of two of them is that of a paired bootstrap (Efron and Tibshirani, 1993).
 * The same source gives the same resamples for users in the same order.
 * @returns for each column `[count]`; NaN where none of the users drawn counts
 */
export async function bootstrapMeans(
  columns: readonly UserValues[],
  { count, source, onProgress }: Draws,
): Promise<Float64Array[]> {
  const { kindOf, sizes, values } = kindsOf(columns);
  const numUsers = kindOf.length;
  const means = columns.map(() => new Float64Array(count));
  const drawn = new Uint32Array(sizes.length);
  const scale = numUsers / 0x100000000;
  const atOnce = Math.max(1, Math.floor(USERS_AT_ONCE / Math.max(1, numUsers)));
  for (let resample = 0; resample < count; resample++) {
    if (resample % atOnce === 0) await onProgress?.(resample, count);
    drawn.fill(0);
    for (let draw = 0; draw < numUsers; draw++) {
      const kind = kindOf[Math.floor(source.nextUint32() * scale)]!;
      drawn[kind] = drawn[kind]! + 1;
    }
    values.forEach((column, index) => (means[index]![resample] = weightedMean(column, drawn)));
  }
  return means;
}

/** Without the values that do not count. */
export function weightedMean(values: Float64Array, weights: Uint32Array): number {
  let sum = 0;
  let total = 0;
  for (let kind = 0; kind < values.length; kind++) {
    const value = values[kind]!;
    if (Number.isNaN(value)) continue;
    sum += weights[kind]! * value;
    total += weights[kind]!;
  }
  return sum / total;
}
