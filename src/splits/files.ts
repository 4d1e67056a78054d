import { z } from 'zod';
import { coldFields, coldText } from './cold';
import type { Splitter } from './splitter';

const path = z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]);

const options = z
  .strictObject({
    type: z.literal('files'),
    validation: path.meta({
      description:
        'File, glob, or list of them with the validation part, read like `dataset.path`, which is the training part.',
    }),
    test: path.meta({ description: 'The same with the test part.' }),
    ...coldFields,
  })
  .meta({ description: 'Parts in files of their own: `dataset.path` names those of training.' });

/** What was split before it came here. */
export const files = {
  options,
  describe: (cold) => ({
    badge: `given files${coldText(cold)}`,
    text: `parts as given in files${coldText(cold)}`,
    needs: 'interactions in the files of each part',
  }),
  split: ({ given }) => ({ parts: given!.slice() }),
} as const satisfies Splitter<typeof options>;
