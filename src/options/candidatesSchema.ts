import { z } from 'zod';
import { DEFAULT_SEED } from '../protocol/defaultSeed';
import { describe } from './describe';
import { columnSchema, missingSchema, readingFields } from './readingSchema';

const full = z.strictObject({ type: z.literal('full') }).meta(describe('The whole catalog.'));

const sampled = z
  .strictObject({
    type: z.literal('sampled'),
    count: z.int().min(1).max(100_000).default(100).meta(describe('Negatives for each user.')),
    distribution: z
      .enum(['uniform', 'popularity'])
      .default('uniform')
      .meta(describe('Distribution of the negatives: uniform, or in proportion to training interactions.')),
    seed: z
      .int()
      .min(0)
      .max(0xffffffff)
      .default(DEFAULT_SEED)
      .meta(describe('Seed of the sampling. Runs with the same data and seed get the same negatives.')),
  })
  .meta(
    describe(
      'The held-out items against a random sample of items that the user has never met (or of all others, if seen items stay in the ranking): the protocol of many older papers. Its numbers are far higher than those of full ranking and must not be compared with them.',
    ),
  );

const file = z
  .strictObject({
    type: z.literal('file'),
    path: z
      .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
      .meta(
        describe(
          'File with a row per user and candidate, or a list of such files, relative to this config file. It may have the formats of `dataset.path`.',
        ),
      ),
    columns: z
      .strictObject({
        user: columnSchema
          .optional()
          .meta(describe('Column that holds the user id. Default: that of `dataset.columns`.')),
        item: columnSchema
          .optional()
          .meta(describe('Column that holds the item id. Default: that of `dataset.columns`.')),
        items: columnSchema
          .optional()
          .meta(
            describe('Instead of `item`, if each row holds a list: column with the candidates of a user.'),
          ),
      })
      .prefault({})
      .meta(describe('Names of the columns, as in `dataset.columns`.')),
    ...readingFields,
    missing: missingSchema
      .optional()
      .meta(describe('Texts that stand for a missing id. Default: `dataset.missing`.')),
  })
  .meta(
    describe(
      'Lists of a file: each user’s held-out items against the items that the file lists for the user. Users without a list are not counted. A run keeps the lists that it was started with.',
    ),
  );

/** What held-out items are ranked against. */
export const candidatesSchema = z
  .discriminatedUnion('type', [full, sampled, file])
  .prefault({ type: 'full' })
  .meta(describe('Candidates of the ranking.'));
