import type { Node, ObjectExpression } from 'acorn';
import type { NumberBounds, OptionDeclaration } from './declaration';
import { readFields, readLiteral, UNREADABLE, type Field, type Report } from './literals';
import { valueSchema } from './optionSchema';

const TYPES = ['integer', 'number', 'string', 'boolean', 'array'] as const;
type OptionType = (typeof TYPES)[number];
const BOUNDS = ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'] as const;
const LENGTHS = ['minLength', 'maxLength', 'minItems', 'maxItems'] as const;

/** Fields that only some types have. */
const FIELDS: Record<OptionType, readonly string[]> = {
  integer: BOUNDS,
  number: BOUNDS,
  string: ['minLength', 'maxLength'],
  boolean: [],
  array: ['items', 'minItems', 'maxItems'],
};

/** A declared option, as far as it is read. */
interface Reading {
  object: ObjectExpression;
  given: ReadonlyMap<string, Field>;
  values: ReadonlyMap<string, unknown>;
  /** The value of a field, or the whole where it is missing. */
  at: (field: string) => Node;
  /** For messages. */
  where: string;
  report: Report;
}

/** Reads what an option of a model takes: a part of JSON Schema, in literals. Null where something is wrong, which is reported. */
export function readOption(name: string, node: Node, report: Report): OptionDeclaration | null {
  if (node.type !== 'ObjectExpression') {
    report(node, `The option \`${name}\` must be an object such as \`{ type: 'integer', default: 64 }\`.`);
    return null;
  }
  const object = node as ObjectExpression;
  const where = `the option \`${name}\``;
  const names = ['type', 'enum', 'default', 'description', 'items', ...BOUNDS, ...LENGTHS];
  const given = readFields(object, names, where, report);
  const values = new Map<string, unknown>();
  for (const [field, { value }] of given)
    if (field !== 'items') values.set(field, readLiteral(value, `\`${field}\` of ${where}`, report));
  if ([...values.values()].includes(UNREADABLE)) return null;
  const at = (field: string): Node => given.get(field)?.value ?? object;
  const reading = { object, given, values, at, where, report };

  const description = values.get('description');
  if (description !== undefined && typeof description !== 'string') {
    report(at('description'), `\`description\` of ${where} must be text.`);
    return null;
  }
  const option = given.has('enum') ? readEnum(reading) : readTyped(name, reading);
  if (option === null) return null;
  const described = { ...option, ...(description !== undefined && { description }) };
  if (!given.has('default')) return described;
  const fallback = values.get('default');
  if (!valueSchema(described).safeParse(fallback).success) {
    report(at('default'), `\`default\` of ${where} is not a value that the option takes.`);
    return null;
  }
  return { ...described, default: fallback } as OptionDeclaration;
}

function readEnum({ values, at, where, report }: Reading): OptionDeclaration | null {
  const choices = values.get('enum');
  if (
    Array.isArray(choices) &&
    choices.length > 0 &&
    choices.every((choice) => typeof choice === 'string' || typeof choice === 'number') &&
    new Set(choices).size === choices.length
  )
    return { type: 'enum', values: choices };
  report(at('enum'), `\`enum\` of ${where} must be a list of different texts or numbers.`);
  return null;
}

function readTyped(name: string, reading: Reading): OptionDeclaration | null {
  const { given, values, at, where, report } = reading;
  const type = TYPES.find((each) => each === values.get('type'));
  if (type === undefined) {
    const types = TYPES.map((each) => `\`${each}\``).join(', ');
    report(at('type'), `The option \`${name}\` must have \`enum\`, or a \`type\`: ${types}.`);
    return null;
  }
  const extra = [...given].find(
    ([field]) => !['type', 'default', 'description', ...FIELDS[type]].includes(field),
  );
  if (extra !== undefined) {
    const [field, { property }] = extra;
    report(property.key, `\`${field}\` has no meaning for an option of type \`${type}\`.`);
    return null;
  }
  switch (type) {
    case 'integer':
    case 'number': {
      const bounds = readNumbers(BOUNDS, Number.isFinite, 'a number', reading);
      return bounds && requireSome(bounds, reading) ? { type, bounds } : null;
    }
    case 'string': {
      const lengths = readNumbers(
        ['minLength', 'maxLength'],
        isLength,
        'a whole number of at least 0',
        reading,
      );
      return lengths && { type, ...lengths };
    }
    case 'boolean':
      return { type };
    case 'array': {
      const items = given.get('items');
      if (items === undefined) {
        report(at('type'), `The list ${where} must say what it contains: \`items: { type: 'integer' }\`.`);
        return null;
      }
      const element = readOption(`${name}.items`, items.value, report);
      if (element?.type === 'array' || element?.type === 'boolean') {
        report(
          items.value,
          `The list ${where} can contain numbers, texts, or values of an \`enum\`, and nothing else.`,
        );
        return null;
      }
      const lengths = readNumbers(
        ['minItems', 'maxItems'],
        isLength,
        'a whole number of at least 0',
        reading,
      );
      return element && lengths && { type, items: element, ...lengths };
    }
  }
}

/** Some fields that must be numbers of a kind; null where one is not, which is reported. */
function readNumbers<Name extends string>(
  names: readonly Name[],
  isFit: (value: number) => boolean,
  expected: string,
  { values, at, where, report }: Reading,
): Partial<Record<Name, number>> | null {
  const numbers: Partial<Record<Name, number>> = {};
  for (const name of names) {
    const value = values.get(name);
    if (value === undefined) continue;
    if (typeof value !== 'number' || !isFit(value)) {
      report(at(name), `\`${name}\` of ${where} must be ${expected}.`);
      return null;
    }
    numbers[name] = value;
  }
  return numbers;
}

const isLength = (value: number): boolean => Number.isInteger(value) && value >= 0;

/** Bounds that leave no number are a mistake. */
function requireSome(bounds: NumberBounds, { at, where, report }: Reading): boolean {
  const { minimum = -Infinity, maximum = Infinity, exclusiveMinimum, exclusiveMaximum } = bounds;
  const low = Math.max(minimum, exclusiveMinimum ?? -Infinity);
  const high = Math.min(maximum, exclusiveMaximum ?? Infinity);
  const isOpen = low === exclusiveMinimum || high === exclusiveMaximum;
  if (low < high || (low === high && !isOpen)) return true;
  report(
    at(bounds.maximum === undefined ? 'exclusiveMaximum' : 'maximum'),
    `No number is within the bounds of ${where}.`,
  );
  return false;
}
