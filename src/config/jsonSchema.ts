import { z } from 'zod';
import { configSchema } from './schema';

/** The part of JSON Schema (draft 7) that our schema uses. */
export interface JsonSchema {
  $schema?: string;
  title?: string;
  description?: string;
  type?: string | string[];
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: boolean | JsonSchema;
  propertyNames?: JsonSchema;
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  enum?: (string | number | boolean | null)[];
  const?: string | number | boolean | null;
  default?: unknown;
  examples?: (string | number | boolean | null)[];
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  minItems?: number;
  minLength?: number;
  pattern?: string;
}

/**
 * JSON Schema of a config file as a person writes it: fields with a default may be left out. Editors take completion
 * and hovers from what editorSchema.ts makes of it; src/config takes the words of its messages from it.
 */
export function buildJsonSchema(config: typeof configSchema = configSchema): JsonSchema {
  const schema = z.toJSONSchema(config, {
    io: 'input',
    target: 'draft-7',
    override: ({ jsonSchema }) => {
      // Every integer gets these bounds, which tell a reader nothing.
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) {
        delete jsonSchema.maximum;
      }
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) {
        delete jsonSchema.minimum;
      }
    },
  }) as JsonSchema;
  return { $schema: 'http://json-schema.org/draft-07/schema#', title: 'RecSight experiment', ...schema };
}

const built = new WeakMap<typeof configSchema, JsonSchema>();

/** The schema, built once. */
export function configJsonSchema(config: typeof configSchema = configSchema): JsonSchema {
  const known = built.get(config) ?? buildJsonSchema(config);
  built.set(config, known);
  return known;
}

/**
 * The schema of the field at `path`, or null when there is no such field. `value` is the config that holds it: its
 * `type` fields tell which member of a union is meant.
 */
export function findFieldSchema(
  path: readonly (string | number)[],
  value: unknown,
  root: JsonSchema = configJsonSchema(),
): JsonSchema | null {
  let schema: JsonSchema | null = root;
  let inside: unknown = value;
  for (const part of path) {
    const chosen: JsonSchema = chooseMember(schema, inside);
    const child: JsonSchema | undefined =
      typeof part === 'number' ? listItems(chosen) : (chosen.properties?.[part] ?? entrySchema(chosen));
    if (child === undefined) {
      return null;
    }
    schema = child;
    inside =
      typeof inside === 'object' && inside !== null ? (inside as Record<string, unknown>)[part] : undefined;
  }
  return chooseMember(schema, inside);
}

/** What the entries of an object hold whose names are free. */
function entrySchema({ additionalProperties }: JsonSchema): JsonSchema | undefined {
  return typeof additionalProperties === 'object' ? additionalProperties : undefined;
}

function listItems(schema: JsonSchema): JsonSchema | undefined {
  return schema.items ?? schema.anyOf?.find((member) => member.items !== undefined)?.items;
}

function chooseMember(schema: JsonSchema, value: unknown): JsonSchema {
  const objects = schema.anyOf?.find((member) => member.oneOf !== undefined || member.type === 'object');
  if (objects !== undefined && typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return chooseMember(objects, value);
  }
  if (schema.oneOf === undefined || typeof value !== 'object' || value === null) {
    return schema;
  }
  const type = (value as { type?: unknown }).type;
  const types = typesOf(schema.oneOf);
  return (
    schema.oneOf.find((member) => member.properties?.type?.const === type) ?? {
      ...schema,
      properties: { type: { enum: types } },
    }
  );
}

function typesOf(union: readonly JsonSchema[]): NonNullable<JsonSchema['enum']> {
  return union.flatMap((member) => member.properties?.type?.const ?? []);
}

/** What a field takes, in words: `a whole number from 1 to 64, or null`. */
export function describeExpected(schema: JsonSchema): string {
  const words = [...new Set(expectedWords(schema))];
  // The types of an object would run into what follows them.
  return joinWords([...words.filter((word) => !isObject(word)), ...words.filter(isObject)]);
}

const isObject = (words: string) => words.startsWith('an object');

function expectedWords(schema: JsonSchema): string[] {
  const options = [...(schema.enum ?? []), ...(schema.const === undefined ? [] : [schema.const])];
  if (options.length > 0) {
    return options.map((option) => `\`${String(option)}\``);
  }
  if (schema.anyOf !== undefined) {
    const names = schema.anyOf.flatMap((member) => member.enum ?? []);
    return schema.anyOf.flatMap((member) =>
      member.oneOf !== undefined && typesOf(member.oneOf).every((type) => names.includes(type))
        ? ['an object with one of these as `type`']
        : expectedWords(member),
    );
  }
  if (schema.oneOf !== undefined) {
    const types = typesOf(schema.oneOf);
    return [`an object with \`type\` ${joinWords(types.map((type) => `\`${String(type)}\``))}`];
  }
  return [schema.type ?? []].flat().map((type) => describeType(type, schema));
}

function describeType(type: string, schema: JsonSchema): string {
  switch (type) {
    case 'integer':
      return `a whole number${describeRange(schema)}`;
    case 'number':
      return `a number${describeRange(schema)}`;
    case 'boolean':
      return '`true` or `false`';
    case 'string':
      return schema.minLength === undefined ? 'text' : 'non-empty text';
    case 'array': {
      const items = schema.items === undefined ? '' : ` of ${plural(describeExpected(schema.items))}`;
      return `a ${schema.minItems === undefined ? '' : 'non-empty '}list${items}`;
    }
    case 'object':
      return 'an object';
    default:
      return `\`${type}\``;
  }
}

function plural(description: string): string {
  return description.replace(/^a (whole )?number/, '$1numbers').replace(/^(non-empty )?text/, 'texts');
}

function describeRange(schema: JsonSchema): string {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema;
  if (minimum !== undefined && maximum !== undefined) {
    return ` from ${minimum} to ${maximum}`;
  }
  const parts = [
    minimum === undefined ? '' : ` of at least ${minimum}`,
    exclusiveMinimum === undefined ? '' : ` above ${exclusiveMinimum}`,
    maximum === undefined ? '' : ` of at most ${maximum}`,
    exclusiveMaximum === undefined ? '' : ` below ${exclusiveMaximum}`,
  ];
  return parts.filter((part) => part !== '').join(' and');
}

/** `a, b or c`. */
export function joinWords(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)!}`;
}
