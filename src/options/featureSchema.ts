import { z } from 'zod';
import { describe } from './describe';
import { nameList } from './fieldRule';

const minCountSchema = z
  .int()
  .min(1)
  .default(1)
  .meta(
    describe(
      'Minimum number of users or items of the training part that have a value; rarer values count as unknown. 1 keeps all values.',
    ),
  );

const categorySchema = z
  .strictObject({
    type: z
      .literal('category')
      .meta(describe('One of a set of values, such as a genre. Read as text; an empty one is unknown.')),
    minCount: minCountSchema,
  })
  .meta(describe('One of a set of values.'));

const multiSchema = z
  .strictObject({
    type: z
      .literal('multi')
      .meta(describe('Several of a set of values, such as tags, in one text or as a JSON or Parquet list.')),
    separator: z
      .string()
      .min(1)
      .optional()
      .meta(
        describe('Separator of the values. Default: `|`, and a space for RecBole’s `token_seq` columns.'),
      ),
    minCount: minCountSchema,
  })
  .meta(describe('Several of a set of values.'));

const numberSchema = z
  .strictObject({
    type: z
      .literal('number')
      .meta(describe('A number, such as a price. A missing one becomes 0 after normalization.')),
    normalization: z
      .enum(['standard', 'minMax', 'none'])
      .default('standard')
      .meta(
        describe(
          'Normalization, fitted on the training part: `standard` subtracts the mean and divides by the standard deviation, `minMax` maps the range to 0–1, `none` keeps the numbers.',
        ),
      ),
  })
  .meta(describe('A number.'));

const anyFeatureSchema = z.discriminatedUnion('type', [categorySchema, multiSchema, numberSchema]);

/** How a column becomes a side feature; the name of a kind alone means that kind with its defaults. */
const featureSchema = z
  .union([z.enum(['category', 'multi', 'number']), anyFeatureSchema])
  .transform((feature): FeatureConfig =>
    typeof feature === 'string' ? anyFeatureSchema.parse({ type: feature }) : feature,
  )
  .meta(describe('Type of the feature: its name, or an object to set options.'));

/** Side features by the name of their column. */
export const featuresSchema = z.record(z.string().min(1), featureSchema);

export type FeatureConfig = z.output<typeof anyFeatureSchema>;
export type FeaturesConfig = z.output<typeof featuresSchema>;

/** The features that a table declares, each with what it holds, for messages. */
export function featureList(features: FeaturesConfig): string {
  return nameList(Object.entries(features).map(([name, { type }]) => `${name}: ${type}`));
}
