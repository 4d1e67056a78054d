import { z } from 'zod';
import { holdOutLast } from './holdOutLast';
import type { Splitter } from './splitter';

const options = z.strictObject({ type: z.literal('leaveOneOut') }).meta({
  description:
    'Each user’s last interaction is for testing, the one before it for validation, the rest for training.',
});

/** Users with fewer than three interactions stay wholly in training: there would be no history left to learn from. */
export const leaveOneOut = {
  options,
  describe: () => ({
    badge: 'LOO',
    text: 'leave-one-out',
    needs: 'at least three interactions of a user',
  }),
  split: (input) => ({
    parts: holdOutLast(input, (length) =>
      length >= 3 ? { validation: 1, test: 1 } : { validation: 0, test: 0 },
    ),
  }),
} as const satisfies Splitter<typeof options>;
