import { z } from 'zod';
import { describe } from '../options/describe';
import type { ModelDeclaration, NumberBounds, OptionDeclaration } from './declaration';

/** The options of an own model as those of built-in models are described, with the file's path as their type. Without a declaration they may be anything. */
export function optionsSchema(path: string, declaration: ModelDeclaration | null): z.ZodObject {
  // What is wrong with the file is all that is said then.
  if (declaration === null) return z.looseObject({ type: z.literal(path) });
  const { title, options } = declaration;
  const fields = Object.entries(options).map(([name, option]) => [name, optionSchema(option)] as const);
  const type = z.literal(path).meta(describe(`${title}, the model in \`${path}\`.`));
  return z.strictObject({ type, ...Object.fromEntries(fields) });
}

function optionSchema(option: OptionDeclaration): z.ZodType {
  const value = valueSchema(option);
  const whole = option.default === undefined ? value : value.default(option.default);
  return option.description === undefined ? whole : whole.meta(describe(option.description));
}

/** Of the values of an option, whatever its default. */
export function valueSchema(option: OptionDeclaration): z.ZodType {
  switch (option.type) {
    case 'integer':
      return bounded(z.int(), option.bounds);
    case 'number':
      return bounded(z.number(), option.bounds);
    case 'string':
      return between(z.string(), option.minLength, option.maxLength);
    case 'boolean':
      return z.boolean();
    case 'enum':
      return z.literal([...option.values]);
    case 'array':
      return between(z.array(valueSchema(option.items)), option.minItems, option.maxItems);
  }
}

function bounded(schema: z.ZodNumber, bounds: NumberBounds): z.ZodNumber {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = bounds;
  let result = schema;
  if (minimum !== undefined) result = result.min(minimum);
  if (maximum !== undefined) result = result.max(maximum);
  if (exclusiveMinimum !== undefined) result = result.gt(exclusiveMinimum);
  if (exclusiveMaximum !== undefined) result = result.lt(exclusiveMaximum);
  return result;
}

function between<Schema extends z.ZodString | z.ZodArray>(
  schema: Schema,
  least?: number,
  most?: number,
): Schema {
  const long = least === undefined ? schema : (schema.min(least) as Schema);
  return most === undefined ? long : (long.max(most) as Schema);
}
