import { z } from 'zod';
import { holdOutLast } from './holdOutLast';
import { heldOutCounts, LEAVES_TRAINING, leavesTraining, shareFields, sharesText } from './shares';
import type { Splitter } from './splitter';

const options = z
  .strictObject({ type: z.literal('ratio'), ...shareFields })
  .refine(leavesTraining, LEAVES_TRAINING)
  .meta({
    description:
      'Shares of each user’s interactions in order of time: the oldest for training, then validation, then test. Shares are rounded down, to one interaction at least.',
  });

/** Users with too few interactions to have all three parts stay wholly in training. */
export const ratio = {
  options,
  describe: (shares) => ({
    badge: `${sharesText(shares)} by time`,
    text: `${sharesText(shares)} of each user by time`,
    needs: 'at least three interactions of a user',
  }),
  split: (input, shares) => ({ parts: holdOutLast(input, (length) => heldOutCounts(length, shares)) }),
} as const satisfies Splitter<typeof options>;
