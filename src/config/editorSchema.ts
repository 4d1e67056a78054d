import { buildJsonSchema, describeExpected, type JsonSchema } from './jsonSchema';
import { openChoiceAt } from './openChoices';
import { presetValues, trainingPresets } from './presets';
import { PROTOCOL_FIELDS } from './protocolPresets';
import type { ConfigPath } from './sourceTree';

/** The part of JSON Schema, with VS Code's additions, that the editor's schema uses. */
export interface EditorSchema {
  $schema?: string;
  title?: string;
  markdownDescription?: string;
  properties?: Record<string, EditorSchema>;
  additionalProperties?: EditorSchema;
  items?: EditorSchema;
  /** What each `type` of a union adds. */
  allOf?: { if: TypeCondition; then: EditorSchema }[];
  default?: unknown;
  examples?: unknown[];
  defaultSnippets?: { label?: string; markdownDescription?: string; body: unknown }[];
}

interface TypeCondition {
  properties: { type: { const: string } };
  required: ['type'];
}

/** Where a schema stands: the field, and the model that it belongs to. */
interface Place {
  path: ConfigPath;
  modelType?: string;
}

/**
 * The schema for the editor's own JSON and YAML support: it completes and explains, and forbids nothing. RecSight's
 * diagnostics say what is wrong, better; a second opinion on the same line would only stand in the way.
 *
 * Unions are conditions on `type`, not alternatives: of alternatives, editors take those that fit what stands there, so that
 * they would offer only the type that was chosen already, and in an unfinished config the fields of all types.
 */
export function buildEditorSchema(schema: JsonSchema = buildJsonSchema()): EditorSchema {
  const { $schema, title } = schema;
  return {
    ...($schema !== undefined && { $schema }),
    ...(title !== undefined && { title }),
    ...build(schema, { path: [] }, true),
  };
}

function build(schema: JsonSchema, place: Place, required: boolean): EditorSchema {
  const members = schema.anyOf ?? [schema];
  const union = members.find((member) => member.oneOf !== undefined)?.oneOf;
  const object = members.find((member) => member.properties !== undefined);
  const list = members.find((member) => member.items !== undefined);
  const entries = members.find((member) => typeof member.additionalProperties === 'object');
  const isOpen = openChoiceAt(place.path) !== null;
  const examples = isOpen
    ? members.flatMap((member) => (member.type === 'null' ? [null] : []))
    : members.flatMap(valuesOf);
  const fallback = isOpen ? undefined : schema.default;
  const description = explain(schema, place, required);
  const inside = (name: string | number): Place => ({ ...place, path: [...place.path, name] });
  return {
    ...(description !== '' && { markdownDescription: description }),
    ...(object && { properties: buildProperties(object, place) }),
    ...(union && buildUnion(union, schema, place)),
    ...(list?.items && { items: build(list.items, inside(0), true) }),
    ...(typeof entries?.additionalProperties === 'object' && {
      additionalProperties: build(entries.additionalProperties, inside('*'), true),
    }),
    ...(fallback !== undefined && !isEmptyObject(fallback) && { default: fallback }),
    ...(examples.length > 0 && { examples }),
  };
}

function buildProperties(
  { properties = {}, required = [] }: JsonSchema,
  place: Place,
): Record<string, EditorSchema> {
  return Object.fromEntries(
    Object.entries(properties).map(([name, property]) => [
      name,
      build(property, { ...place, path: [...place.path, name] }, required.includes(name)),
    ]),
  );
}

function buildUnion(members: readonly JsonSchema[], union: JsonSchema, place: Place): EditorSchema {
  const types = members.map((member) => {
    const { type, ...properties } = member.properties ?? {};
    const name = String(type?.const);
    return {
      name,
      meaning: type?.description ?? member.description ?? '',
      member: { ...member, properties },
    };
  });
  const choices = types.map(({ name, meaning }) => `- \`${name}\`: ${meaning}`).join('\n');
  const initial = (union.default as { type?: unknown } | null | undefined)?.type;
  const isModel = place.path.join('.') === 'model';
  return {
    properties: {
      type: {
        markdownDescription: [
          choices,
          ...valueLines({ default: initial }, place, initial === undefined),
        ].join('\n\n'),
        ...(initial !== undefined && { default: initial }),
        defaultSnippets: types.map(({ name, meaning }) => ({
          label: JSON.stringify(name),
          markdownDescription: meaning,
          body: name,
        })),
      },
    },
    allOf: types.map(({ name, member }) => ({
      if: { properties: { type: { const: name } }, required: ['type'] },
      then: { properties: buildProperties(member, isModel ? { ...place, modelType: name } : place) },
    })),
    defaultSnippets: types.map(({ name, meaning }) => ({
      markdownDescription: meaning,
      body: { type: name },
    })),
  };
}

/** The values that a field chooses from, where they are few enough to be listed. */
function valuesOf(schema: JsonSchema): unknown[] {
  if (schema.enum !== undefined) return schema.enum;
  if (schema.const !== undefined) return [schema.const];
  if (schema.type === 'boolean') return [true, false];
  return schema.type === 'null' ? [null] : [];
}

/** What an editor shows of a field: its meaning, what it takes, and what it is where it is left out. */
function explain(schema: JsonSchema, place: Place, required: boolean): string {
  const lines = valueLines(schema, place, required);
  return [schema.description ?? '', ...lines].filter((part) => part !== '').join('\n\n');
}

function valueLines(schema: JsonSchema, place: Place, required: boolean): string[] {
  const isObject = schema.type === 'object' || schema.oneOf !== undefined;
  const isKnown = schema.type !== undefined || schema.anyOf !== undefined || schema.enum !== undefined;
  const value = isKnown && !isObject ? `**Value:** ${describeExpected(schema)}.` : '';
  return [value, defaultLine(schema, place, required)].filter((line) => line !== '');
}

function defaultLine(schema: JsonSchema, { path, modelType }: Place, required: boolean): string {
  const isField = typeof path.at(-1) === 'string' && path.at(-1) !== '*';
  if (schema.default === undefined || isEmptyObject(schema.default))
    return required && isField ? '**Required.**' : '';
  const fallback = `**Default:** ${code(schema.default)}`;
  if (modelType !== undefined) {
    const others = presetValues(modelType, path.slice(1).map(String)).map(
      ({ preset, value }) => `${code(value)} with \`${preset}\``,
    );
    return others.length === 0 ? `${fallback}.` : `${fallback}; by preset ${others.join(', ')}.`;
  }
  const isPreset = path[0] === 'training' && trainingPresets().has(String(path[1]));
  const isOfProtocol =
    (path[0] === 'evaluation' && PROTOCOL_FIELDS.has(String(path[1]))) ||
    (path[0] === 'dataset' && path[1] === 'split' && path[2] === 'type');
  const other = isPreset ? 'the model’s `preset`' : isOfProtocol ? '`evaluation.protocol`' : null;
  return `${fallback}${other === null ? '' : `, unless ${other} says otherwise`}.`;
}

function code(value: unknown): string {
  return `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;
}

function isEmptyObject(value: unknown): boolean {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0
  );
}
