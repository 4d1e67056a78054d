import { z } from 'zod';
import { SPLIT_OPTIONS } from '../splits/splits';
import { describe } from './describe';
import { featuresSchema } from './featureSchema';
import { fieldRule } from './fieldRule';
import { columnSchema, missingSchema, readingFields } from './readingSchema';

const columnsSchema = z
  .strictObject({
    user: columnSchema
      .prefault('user_id')
      .meta(describe('Column that holds the user id. Ids are read as text.')),
    item: columnSchema
      .prefault('item_id')
      .meta(describe('Column that holds the item id. Ids are read as text.')),
    items: columnSchema
      .optional()
      .meta(
        describe(
          'Instead of `item`, if each row holds a list: column with the items of a user, oldest first, as a JSON or Parquet list or separated by spaces, `,`, `|` or `;`. `timestamp` then has no effect, unless there are `impressions`.',
        ),
      ),
    timestamp: columnSchema
      .nullable()
      .prefault('timestamp')
      .meta(
        describe(
          'Column that orders a user’s interactions: a number (such as Unix seconds) or a date. `null`: the rows are in time order already.',
        ),
      ),
    rating: columnSchema
      .nullable()
      .prefault(null)
      .meta(describe('Column that holds a rating. Needed only with `minRating` and `positiveRating`.')),
    label: columnSchema
      .optional()
      .meta(
        describe(
          'Column that says whether the user took what they were shown: 1 or 0, true or false. Rows with 1 are clicks; models that learn from labels also learn from the others.',
        ),
      ),
    impression: columnSchema
      .optional()
      .meta(
        describe(
          'With labels: column that says which rows of a user were shown together. They stay in one part of the split.',
        ),
      ),
    impressions: columnSchema
      .optional()
      .meta(
        describe(
          'Instead of `item` and `label`, if each row is an impression: column with the list of what was shown, each item with its label, such as `N123-1 N456-0`. `items` may then name the list of what the user clicked before all impressions, and `timestamp` is the time of the impression.',
        ),
      ),
  })
  .prefault({})
  .meta(
    describe(
      'Names of the columns, as in the header; without a header, their places from 1; `details.brand` for a field inside a JSON object.',
    ),
  );

const tableFields = (kind: string) => ({
  path: z
    .string()
    .min(1)
    .optional()
    .meta(
      describe(
        `File with a row per ${kind}, relative to this config file. It may be the file of the interactions itself.`,
      ),
    ),
  query: z
    .string()
    .min(1)
    .optional()
    .meta(describe(`Instead of \`path\`: a SQL query (DuckDB) whose result has a row per ${kind}.`)),
  ...readingFields,
  missing: missingSchema
    .optional()
    .meta(describe('Texts that stand for a missing value, such as `NULL`. Default: `dataset.missing`.')),
});

const hasOneSource = ({ path, query }: { path?: unknown; query?: unknown }) =>
  (path === undefined) !== (query === undefined);
const ONE_SOURCE = { message: 'needs either `path` or `query`, and not both' };

const itemsSchema = z
  .strictObject({
    ...tableFields('item'),
    id: columnSchema.prefault('item_id').meta(describe('Column that holds the item id.')),
    title: columnSchema
      .optional()
      .meta(
        describe(
          'Column with the text to show for an item. Default: `title`; where there is no such column, but features, ids are shown.',
        ),
      ),
    features: featuresSchema
      .default({})
      .meta(describe('Side features of items: column name → type (`category`, `multi` or `number`).')),
  })
  .refine(hasOneSource, ONE_SOURCE)
  .meta(
    describe(
      'Titles of items, shown instead of bare ids, and side features. Of several rows the first counts.',
    ),
  );

const usersSchema = z
  .strictObject({
    ...tableFields('user'),
    id: columnSchema.prefault('user_id').meta(describe('Column that holds the user id.')),
    features: featuresSchema
      .refine((features) => Object.keys(features).length > 0, 'must name a column')
      .meta(describe('Side features of users: column name → type (`category`, `multi` or `number`).')),
  })
  .refine(hasOneSource, ONE_SOURCE)
  .meta(describe('Side features of users. Of several rows the first counts.'));

export const datasetSchema = z
  .strictObject({
    path: z
      .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
      .optional()
      .meta(
        describe(
          'File, glob, or list of them, relative to this config file: CSV, TSV and other separated text, JSON Lines and arrays, Parquet or RecBole’s atomic `.inter`; `.gz` and `.zst` are read as they are.',
        ),
      ),
    query: z
      .string()
      .min(1)
      .optional()
      .meta(
        describe(
          "Instead of `path`: a SQL query (DuckDB) over files, such as `SELECT * FROM 'ratings/*.parquet' WHERE year > 2020`. Paths are relative to this config file.",
        ),
      ),
    ...readingFields,
    missing: missingSchema
      .default([])
      .meta(
        describe(
          'Texts that stand for a missing value, such as `NULL` or `NaN`, in ids, times, ratings and features. Empty values and `\\N` always do.',
        ),
      ),
    timeFormat: z
      .string()
      .min(1)
      .optional()
      .meta(
        describe(
          'Format of dates, in the codes of `strptime`, such as `%m/%d/%Y %I:%M:%S %p`. Default: numbers, ISO dates, and one other common format if only one fits.',
        ),
      ),
    columns: columnsSchema,
    items: itemsSchema.optional(),
    users: usersSchema.optional(),
    minRating: z
      .number()
      .nullable()
      .default(null)
      .meta(describe('Keep only interactions with at least this rating. `null` keeps all.')),
    positiveRating: z
      .number()
      .optional()
      .meta(
        describe(
          'Makes labels of ratings: rows with at least this rating are clicks, the others were shown and not clicked.',
        ),
      ),
    duplicates: z
      .enum(['keepAll', 'keepFirst', 'keepLast'])
      .default('keepAll')
      .meta(
        describe(
          'Repeated interactions of a user with an item: keep all, only the first, or only the last. With labels: repeated clicks.',
        ),
      ),
    minUserInteractions: z
      .int()
      .min(1)
      .default(1)
      .meta(
        describe(
          'Leave out users with fewer interactions. Applied together with `minItemInteractions` until nothing changes (k-core). With labels, all rows count.',
        ),
      ),
    minItemInteractions: z
      .int()
      .min(1)
      .default(1)
      .meta(
        describe(
          'Leave out items with fewer interactions. Applied together with `minUserInteractions` until nothing changes (k-core). With labels, all rows count.',
        ),
      ),
    split: z
      .discriminatedUnion('type', SPLIT_OPTIONS)
      .prefault({ type: SPLIT_OPTIONS[0].shape.type.value })
      .meta(
        describe(
          'Split into training, validation and test. Default with labels: `temporal`, or `ratio` if the data have no times.',
        ),
      ),
  })
  .refine(hasOneSource, ONE_SOURCE)
  .superRefine(
    fieldRule(
      ['minRating'],
      ({ minRating, columns }) => minRating === null || columns.rating !== null,
      () => 'needs the name of the column that holds the ratings in `columns.rating`, which is null',
    ),
  )
  .superRefine(
    fieldRule(
      ['positiveRating'],
      ({ positiveRating, columns }) => positiveRating === undefined || columns.rating !== null,
      () => 'needs the name of the column that holds the ratings in `columns.rating`, which is null',
    ),
  )
  .superRefine(
    fieldRule(
      ['positiveRating'],
      ({ positiveRating, minRating }) =>
        positiveRating === undefined || minRating === null || minRating < positiveRating,
      ({ minRating }) =>
        `must be above \`minRating\` (${minRating ?? 0}), which leaves no row without a click otherwise`,
    ),
  )
  .superRefine(({ columns, positiveRating, minRating }, context) => {
    const refuse = (path: string[], message: string): void =>
      context.addIssue({ code: 'custom', path, message });
    const { user, item, items, label, impression, impressions } = columns;
    const hasLabels = label !== undefined || positiveRating !== undefined;
    if (label !== undefined && positiveRating !== undefined)
      refuse(
        ['positiveRating'],
        `cannot make labels of ratings where \`columns.label\` (\`${label}\`) has them`,
      );
    if (label !== undefined && (label === user || label === item))
      refuse(['columns', 'label'], 'must be another column than those of users and items');
    if (impression !== undefined && !hasLabels && impressions === undefined)
      refuse(
        ['columns', 'impression'],
        'needs labels: name their column in `columns.label`, or set `positiveRating`',
      );
    if (impressions === undefined) {
      if (items !== undefined && hasLabels)
        refuse(
          label === undefined ? ['positiveRating'] : ['columns', 'label'],
          `is about single items, and \`columns.items\` (\`${items}\`) holds lists of what users took. For lists with labels, use \`columns.impressions\``,
        );
      return;
    }
    const beside = `where \`columns.impressions\` (\`${impressions}\`)`;
    if (label !== undefined) refuse(['columns', 'label'], `has no meaning ${beside} has the labels`);
    if (positiveRating !== undefined) refuse(['positiveRating'], `has no meaning ${beside} has the labels`);
    if (minRating !== null) refuse(['minRating'], `has no meaning ${beside} has labels and no ratings`);
    if (impression !== undefined)
      refuse(['columns', 'impression'], `has no meaning ${beside} makes each row an impression`);
    if (impressions === user || impressions === items)
      refuse(['columns', 'impressions'], 'must be another column than those of users and histories');
  })
  .superRefine(
    fieldRule(
      ['columns', 'item'],
      ({ columns: { user, item, items, impressions } }) =>
        items !== undefined || impressions !== undefined || user !== item,
      ({ columns }) => `must be another column than \`columns.user\` (\`${columns.user}\`)`,
    ),
  )
  .superRefine(
    fieldRule(
      ['columns', 'items'],
      ({ columns }) => columns.user !== columns.items,
      ({ columns }) => `must be another column than \`columns.user\` (\`${columns.user}\`)`,
    ),
  )
  .superRefine(
    fieldRule(
      ['split', 'type'],
      ({ split, columns }) => split.type !== 'temporal' || columns.timestamp !== null,
      () => 'needs times: name their column in `columns.timestamp`, which is null',
    ),
  )
  .superRefine(
    fieldRule(
      ['split', 'type'],
      ({ split, path }) => split.type !== 'files' || path !== undefined,
      () =>
        'needs the files of the training part in `path`, and there is a `query`. Split by a `column` of its result instead',
    ),
  )
  .meta(describe('Source and filters of the interactions.'));

export type DatasetOptions = z.output<typeof datasetSchema>;
