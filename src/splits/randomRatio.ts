import { z } from 'zod';
import { DEFAULT_SEED } from '../protocol/defaultSeed';
import { hashText, mixBits } from '../protocol/hash';
import { heldOutCounts, LEAVES_TRAINING, leavesTraining, shareFields, sharesText } from './shares';
import { PARTS, type Splitter } from './splitter';

const options = z
  .strictObject({
    type: z.literal('randomRatio'),
    ...shareFields,
    seed: z.int().min(0).max(0xffffffff).default(DEFAULT_SEED).meta({
      description: 'Seed of the draw. It is apart from the seed of the run, so that runs stay comparable.',
    }),
  })
  .refine(leavesTraining, LEAVES_TRAINING)
  .meta({
    description:
      'Shares of each user’s interactions, drawn at random: a model learns from interactions that come after those it is tested on.',
  });

/** Who draws what depends on the seed, the user's id and the order of their own interactions alone. */
export const randomRatio = {
  options,
  describe: ({ seed, ...shares }) => ({
    badge: `${sharesText(shares)} random`,
    text: `${sharesText(shares)} of each user at random with seed ${seed}`,
    needs: 'at least three interactions of a user',
  }),
  split: ({ userIds, offsets }, { seed, ...shares }) => {
    const parts = new Uint8Array(offsets.at(-1)!);
    for (let user = 0; user < offsets.length - 1; user++) {
      const [start, end] = [offsets[user]!, offsets[user + 1]!];
      if (start === end) continue;
      const salt = mixBits(seed ^ hashText(userIds[user]!));
      const keys = Uint32Array.from({ length: end - start }, (_, place) =>
        mixBits(salt + Math.imul(place + 1, 0x9e3779b9)),
      );
      const drawn = Uint32Array.from(keys.keys()).sort((a, b) => keys[a]! - keys[b]! || a - b);
      const { validation, test } = heldOutCounts(end - start, shares);
      for (const place of drawn.subarray(0, test)) parts[start + place] = PARTS.test;
      for (const place of drawn.subarray(test, test + validation)) parts[start + place] = PARTS.validation;
    }
    return { parts };
  },
} as const satisfies Splitter<typeof options>;
