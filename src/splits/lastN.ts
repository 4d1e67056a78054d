import { z } from 'zod';
import { holdOutLast } from './holdOutLast';
import type { Splitter } from './splitter';

const options = z
  .strictObject({
    type: z.literal('lastN'),
    n: z
      .int()
      .min(1)
      .max(10_000)
      .meta({ description: 'Interactions of a user in validation, and as many in test.' }),
  })
  .meta({
    description:
      'Each user’s last `n` interactions are for testing, the `n` before them for validation, the rest for training.',
  });

/** Users with fewer than 2n + 1 interactions stay wholly in training. */
export const lastN = {
  options,
  describe: ({ n }) => ({
    badge: `last ${n}`,
    text: `leave-last-${n}-out`,
    needs: `at least ${2 * n + 1} interactions of a user`,
  }),
  split: (input, { n }) => ({
    parts: holdOutLast(input, (length) =>
      length > 2 * n ? { validation: n, test: n } : { validation: 0, test: 0 },
    ),
  }),
} as const satisfies Splitter<typeof options>;
