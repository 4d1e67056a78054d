import { z } from 'zod';
import { coldFields, coldText } from './cold';
import { LEAVES_TRAINING, leavesTraining, sharesText, type Shares } from './shares';
import { PARTS, type Cut, type Splitter } from './splitter';

const begin = z.union([z.number().gt(0).lt(1), z.string()]);
const dateSchema = z.union([z.iso.date(), z.iso.datetime({ offset: true, local: true })]);

const options = z
  .strictObject({
    type: z.literal('temporal'),
    validation: begin.default(0.1).meta({
      description:
        'Share of all interactions in validation, or the date from which on they are, such as `2024-05-01` or `2024-05-01T12:00:00Z` (UTC if it names no zone).',
    }),
    test: begin.default(0.1).meta({
      description: 'The same of test: the newest interactions of all.',
    }),
    ...coldFields,
  })
  .superRefine(({ validation, test }, context) => {
    const refuse = (message: string, path = ['test']): void =>
      context.addIssue({ code: 'custom', path, message });
    const noDates = Object.entries({ validation, test }).filter(
      ([, value]) => typeof value === 'string' && !dateSchema.safeParse(value).success,
    );
    if (noDates.length > 0) {
      for (const [name] of noDates)
        refuse('must be a share or a date such as `2024-05-01` or `2024-05-01T12:00:00Z`', [name]);
    } else if (typeof validation === 'number' && typeof test === 'number') {
      if (!leavesTraining({ validation, test })) refuse(LEAVES_TRAINING.message);
    } else if (typeof validation === 'number' || typeof test === 'number')
      refuse('must be a share where `validation` is one, and a date where that is one');
    else if (secondsOf(test) <= secondsOf(validation))
      refuse(`must come after the beginning of validation (${validation})`);
  })
  .meta({
    description:
      'One cut in time for all users: what comes before it is for training, then validation, then test. Interactions of the same time stay together.',
  });

type Options = z.output<typeof options>;

/** No training interaction is later than a held-out one, of the same user or of any other. */
export const temporal = {
  options,
  needsTimes: true,
  describe: (chosen) => ({
    badge: `temporal ${sharesOf(chosen) ? sharesText(sharesOf(chosen)!) : chosen.test}${coldText(chosen)}`,
    text: sharesOf(chosen)
      ? `global temporal split ${sharesText(sharesOf(chosen)!)}${coldText(chosen)}`
      : `global temporal split with validation from ${chosen.validation} and test from ${chosen.test}${coldText(chosen)}`,
    needs: 'interactions before, between and after its two cuts in time',
  }),
  split: (input, chosen) => {
    const times = input.times!;
    const cut = cutOf(times, chosen);
    const parts = Uint8Array.from(times, (time) =>
      time >= cut.test ? PARTS.test : time >= cut.validation ? PARTS.validation : PARTS.training,
    );
    return { parts, cut };
  },
} as const satisfies Splitter<typeof options>;

function cutOf(times: Float64Array, chosen: Options): Cut {
  const shares = sharesOf(chosen);
  if (shares === null)
    return { validation: secondsOf(String(chosen.validation)), test: secondsOf(String(chosen.test)) };
  const sorted = times.slice().sort();
  const from = (share: number): number =>
    sorted[sorted.length - Math.round(share * sorted.length)] ?? Infinity;
  return { validation: from(shares.validation + shares.test), test: from(shares.test) };
}

function sharesOf({ validation, test }: Options): Shares | null {
  return typeof validation === 'number' && typeof test === 'number' ? { validation, test } : null;
}

/** Of a date, or a date and time, which are of UTC where they name no zone. */
function secondsOf(date: string): number {
  const hasZone = !date.includes('T') || /(Z|[+-]\d\d:?\d\d)$/.test(date);
  return Date.parse(hasZone ? date : `${date}Z`) / 1000;
}
