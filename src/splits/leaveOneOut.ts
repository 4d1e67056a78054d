import { z } from 'zod';
import type { Splitter } from './splitter';

const options = z.strictObject({ type: z.literal('leaveOneOut') }).meta({
  description:
    'Each user’s last interaction is for testing, the one before it for validation, the rest for training.',
});

/** Users with fewer than three interactions stay wholly in training: there would be no history left to learn from. */
export const leaveOneOut = {
  options,
  badge: 'LOO',
  text: 'leave-one-out',
  needs: 'at least three interactions of a user',
  split: ({ offsets }) => {
    const numUsers = offsets.length - 1;
    const trainEnd = new Uint32Array(numUsers);
    const validationEnd = new Uint32Array(numUsers);
    for (let user = 0; user < numUsers; user++) {
      const end = offsets[user + 1]!;
      const heldOut = end - offsets[user]! >= 3 ? 1 : 0;
      trainEnd[user] = end - 2 * heldOut;
      validationEnd[user] = end - heldOut;
    }
    return { trainEnd, validationEnd };
  },
} as const satisfies Splitter<typeof options>;
