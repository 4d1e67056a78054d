import { z } from 'zod';
import { coldFields, coldText } from './cold';
import type { Splitter } from './splitter';

const values = z.array(z.union([z.string(), z.number()]).transform(String)).min(1);

const options = z
  .strictObject({
    type: z.literal('column'),
    name: z
      .union([z.string().min(1), z.int().min(1)])
      .transform(String)
      .meta({ description: 'Column that says which part a row is in.' }),
    training: values.default(['train', 'training']).meta({ description: 'Its values in training.' }),
    validation: values
      .default(['valid', 'validation', 'val', 'dev'])
      .meta({ description: 'Its values in validation.' }),
    test: values.default(['test']).meta({ description: 'Its values in test.' }),
    ...coldFields,
  })
  .superRefine(({ training, validation, test }, context) => {
    const all = [...training, ...validation, ...test];
    const twice = all.find((value, place) => all.indexOf(value) < place);
    if (twice === undefined) return;
    context.addIssue({
      code: 'custom',
      message: `must name each value once, and \`${twice}\` is there twice`,
    });
  })
  .meta({ description: 'Parts by the value of a column of the interactions.' });

/** What was split before it came here. */
export const column = {
  options,
  describe: ({ name, ...cold }) => ({
    badge: `by ${name}${coldText(cold)}`,
    text: `parts by the column \`${name}\`${coldText(cold)}`,
    needs: 'rows with a value of each part',
  }),
  split: ({ given }) => ({ parts: given!.slice() }),
} as const satisfies Splitter<typeof options>;
