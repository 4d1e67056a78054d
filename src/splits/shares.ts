import { z } from 'zod';

const share = z.number().gt(0).lt(1).default(0.1);

/** Options of splits that hold shares out. */
export const shareFields = {
  validation: share.meta({ description: 'Share of the validation part.' }),
  test: share.meta({ description: 'Share of the test part.' }),
};

export interface Shares {
  validation: number;
  test: number;
}

export const LEAVES_TRAINING = {
  path: ['test'],
  message: 'must leave a share for training: `validation` and `test` add up to less than 1',
};

/** What is no share at all is refused for that. */
export function leavesTraining({ validation, test }: Shares): boolean {
  return validation + test < 1 || [validation, test].some((part) => part <= 0 || part >= 1);
}

/** `80/10/10`: training, validation, test. */
export function sharesText({ validation, test }: Shares): string {
  return [1 - validation - test, validation, test].map((part) => String(+(100 * part).toFixed(2))).join('/');
}

/**
 * How many of a user's interactions are held out: the share, rounded down, but one at least. None where that leaves nothing
 * for training.
 */
export function heldOutCounts(length: number, shares: Shares): Shares {
  // A share such as 0.29 is a little less than 29 hundredths.
  const count = (part: number) => Math.max(1, Math.floor(part * length + 1e-9));
  const held = { validation: count(shares.validation), test: count(shares.test) };
  return held.validation + held.test < length ? held : { validation: 0, test: 0 };
}
