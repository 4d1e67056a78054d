import { z } from 'zod';
import { PARTS, type Splitter } from './splitter';

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
    const parts = new Uint8Array(offsets.at(-1)!);
    for (let user = 0; user < offsets.length - 1; user++) {
      const end = offsets[user + 1]!;
      if (end - offsets[user]! < 3) continue;
      parts[end - 2] = PARTS.validation;
      parts[end - 1] = PARTS.test;
    }
    return parts;
  },
} as const satisfies Splitter<typeof options>;
