import type { Expression, Node, ObjectExpression, Property } from 'acorn';

/** Reports a problem of a part of the file. */
export type Report = (node: Node, message: string) => void;

/** A part of a file that is no literal, where only a literal can be read without running the file. */
class NotLiteral extends Error {
  override readonly name = 'NotLiteral';

  constructor(readonly node: Node) {
    super('is not a literal');
  }
}

/** A field of an object, written as `name: value` or as a method. */
export interface Field {
  name: string;
  property: Property;
  value: Node;
}

/** The fields of an object whose names are written out. @throws NotLiteral */
function fieldsOf(object: ObjectExpression): Field[] {
  return object.properties.map((property) => {
    if (property.type === 'SpreadElement' || property.computed || property.kind !== 'init')
      throw new NotLiteral(property);
    const { key } = property;
    const name = key.type === 'Identifier' ? key.name : key.type === 'Literal' ? String(key.value) : null;
    if (name === null) throw new NotLiteral(key);
    return { name, property, value: property.value };
  });
}

/** The value of a literal: text, a number, true, false, null, or a list of these. @throws NotLiteral */
function literalOf(node: Node): unknown {
  const literal = node as Expression;
  switch (literal.type) {
    case 'Literal':
      if (literal.regex) throw new NotLiteral(node);
      return literal.value;
    case 'TemplateLiteral':
      if (literal.expressions.length > 0) throw new NotLiteral(node);
      return literal.quasis[0]!.value.cooked;
    case 'UnaryExpression': {
      const value = literalOf(literal.argument);
      if (typeof value !== 'number' || (literal.operator !== '-' && literal.operator !== '+'))
        throw new NotLiteral(node);
      return literal.operator === '-' ? -value : value;
    }
    // A long text over several lines.
    case 'BinaryExpression': {
      const [left, right] = [literalOf(literal.left), literalOf(literal.right)];
      if (literal.operator !== '+' || typeof left !== 'string' || typeof right !== 'string')
        throw new NotLiteral(node);
      return left + right;
    }
    case 'ArrayExpression':
      return literal.elements.map((element) => {
        if (element === null) throw new NotLiteral(node);
        return literalOf(element);
      });
    case 'ParenthesizedExpression':
      return literalOf(literal.expression);
    default:
      throw new NotLiteral(node);
  }
}

/** What stands for a value that is no literal, and has been reported. */
export const UNREADABLE = Symbol('unreadable');

/** The value of a literal. Anything else is reported. */
export function readLiteral(node: Node, what: string, report: Report): unknown {
  try {
    return literalOf(node);
  } catch (error) {
    reportNotLiteral(error, what, report);
    return UNREADABLE;
  }
}

/** The fields of an object, in their order. Where their names are not written out, that is reported. */
export function allFields(object: ObjectExpression, what: string, report: Report): Field[] {
  try {
    return fieldsOf(object);
  } catch (error) {
    reportNotLiteral(error, what, report);
    return [];
  }
}

function reportNotLiteral(error: unknown, what: string, report: Report): void {
  if (!(error instanceof NotLiteral)) throw error;
  report(
    error.node,
    `${what} must be written out as literals, so that it can be read without running the file.`,
  );
}

/** The fields of an object by name. Those that are not expected, or come twice, are reported. */
export function readFields(
  object: ObjectExpression,
  names: readonly string[],
  where: string,
  report: Report,
): Map<string, Field> {
  const known = new Map<string, Field>();
  for (const field of allFields(object, `The fields of ${where}`, report)) {
    const { name, property } = field;
    if (!names.includes(name))
      report(
        property.key,
        `\`${name}\` is not a field of ${where}. Its fields are ${names.map((each) => `\`${each}\``).join(', ')}.`,
      );
    else if (known.has(name)) report(property.key, `\`${name}\` is given twice. Remove one of them.`);
    else known.set(name, field);
  }
  return known;
}
