import type { CallExpression, Expression, Node, ObjectExpression, Program } from 'acorn';
import type {
  CodeProblem,
  Declaration,
  MetricDeclaration,
  OptionDeclaration,
  ReadDeclaration,
} from './declaration';
import { allFields, readFields, readLiteral, UNREADABLE, type Field, type Report } from './literals';
import { readOption } from './readOption';
import { parseCode } from './parseCode';
import { PUBLIC_MODULE } from './provided';

/*
 * Reads a model or metric file without running it: who opens a folder has not agreed to run what is in it. The file says
 * all that an editor has to know in literals.
 */

type Definer = 'defineModel' | 'defineMetric';

const MODEL_FIELDS = ['title', 'options', 'create'];
const METRIC_FIELDS = ['title', 'definition', 'higherIsBetter', 'range', 'needs', 'needsCategories', 'of'];

/** Reads what a file declares. Never throws: what is wrong is in `problems`. @param file its name or path, which says the language */
export function readDeclaration(text: string, file: string): ReadDeclaration {
  const parsed = parseCode(text, file);
  if ('message' in parsed) return { declaration: null, problems: [parsed] };
  const problems: CodeProblem[] = [];
  const report: Report = (node, message) => problems.push(parsed.problem(node, message));
  const declaration = readProgram(parsed.program, report);
  // Each null comes with a problem.
  return problems.length === 0 && declaration !== null
    ? { declaration, problems: [] }
    : { declaration: null, problems };
}

function readProgram(program: Program, report: Report): Declaration | null {
  const definition = definitionIn(program, report);
  if (definition === null) return null;
  const { definer, object } = definition;
  const names = definer === 'defineModel' ? MODEL_FIELDS : METRIC_FIELDS;
  const fields = readFields(object, names, `\`${definer}\``, report);
  return definer === 'defineModel' ? readModel(object, fields, report) : readMetric(object, fields, report);
}

/** The call whose result the file exports by default. */
function definitionIn(
  program: Program,
  report: Report,
): { definer: Definer; object: ObjectExpression } | null {
  const expected = `export default defineModel({ … }), or defineMetric, of \`${PUBLIC_MODULE}\``;
  const exported = program.body.find((statement) => statement.type === 'ExportDefaultDeclaration');
  if (exported === undefined) {
    report(startOf(program), `The file has no default export; expected ${expected}.`);
    return null;
  }
  const call = constantOf(program, exported.declaration);
  const definer = call.type === 'CallExpression' ? definerOf(program, call as CallExpression) : null;
  if (definer === null) {
    report(exported, `The default export is something else; expected ${expected}.`);
    return null;
  }
  const [argument, ...others] = (call as CallExpression).arguments;
  const object = argument === undefined ? null : constantOf(program, argument);
  if (object?.type !== 'ObjectExpression' || others.length > 0) {
    report(
      call,
      `\`${definer}\` takes one object, written out here, so that it can be read without running the file.`,
    );
    return null;
  }
  return { definer, object: object as ObjectExpression };
}

/** A program may be empty, or long. */
function startOf(program: Program): Node {
  const start = program.loc!.start;
  return { ...program, loc: { start, end: { line: start.line, column: start.column + 1 } } };
}

/** What a constant of the module stands for; anything else is itself. */
function constantOf(program: Program, node: Node): Node {
  if (node.type !== 'Identifier') return node;
  const { name } = node as Node & { name: string };
  for (const statement of program.body) {
    const declared = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement;
    if (declared?.type !== 'VariableDeclaration' || declared.kind !== 'const') continue;
    const found = declared.declarations.find(({ id }) => id.type === 'Identifier' && id.name === name);
    if (found?.init) return found.init;
  }
  return node;
}

/** Which of our functions a call is of, by what the file imports. */
function definerOf(program: Program, { callee }: CallExpression): Definer | null {
  for (const statement of program.body) {
    if (statement.type !== 'ImportDeclaration' || statement.source.value !== PUBLIC_MODULE) continue;
    for (const specifier of statement.specifiers) {
      const local = specifier.local.name;
      const imported =
        specifier.type === 'ImportSpecifier' && callee.type === 'Identifier' && callee.name === local
          ? nameOf(specifier.imported)
          : specifier.type === 'ImportNamespaceSpecifier' &&
              callee.type === 'MemberExpression' &&
              callee.object.type === 'Identifier' &&
              callee.object.name === local
            ? nameOf(callee.property)
            : null;
      if (imported === 'defineModel' || imported === 'defineMetric') return imported;
    }
  }
  return null;
}

const nameOf = (node: Node): unknown =>
  node.type === 'Identifier'
    ? (node as Node & { name: string }).name
    : (node as Node & { value?: unknown }).value;

function readModel(object: ObjectExpression, fields: Map<string, Field>, report: Report): Declaration {
  const title = readTitle(object, fields, 'defineModel', report);
  requireFunction(object, fields, 'create', 'defineModel', report);
  const options: Record<string, OptionDeclaration> = {};
  const given = fields.get('options');
  if (given !== undefined && given.value.type !== 'ObjectExpression')
    report(
      given.value,
      '`options` must be an object, written out here, so that it can be read without running the file.',
    );
  else if (given !== undefined)
    for (const { name, property, value } of allFields(given.value as ObjectExpression, '`options`', report)) {
      if (!/^[A-Za-z][A-Za-z0-9_]*$/.test(name))
        report(
          property.key,
          `The option \`${name}\` must have a name of letters, digits and _ that starts with a letter.`,
        );
      else if (name === 'type' || name === 'preset' || name in Object.prototype)
        report(property.key, `An option cannot be named \`${name}\`: the name is taken. Choose another.`);
      else if (Object.hasOwn(options, name))
        report(property.key, `The option \`${name}\` is declared twice. Remove one of them.`);
      else {
        const option = readOption(name, value, report);
        if (option !== null) options[name] = option;
      }
    }
  return { kind: 'model', title, options };
}

function readMetric(object: ObjectExpression, fields: Map<string, Field>, report: Report): MetricDeclaration {
  const title = readTitle(object, fields, 'defineMetric', report);
  requireFunction(object, fields, 'of', 'defineMetric', report);
  const read = (name: string, expected: string, fits: (value: unknown) => boolean): unknown => {
    const field = fields.get(name);
    const value = field && readLiteral(field.value, `\`${name}\``, report);
    if (!fits(value) && value !== UNREADABLE)
      report(field?.value ?? startOfObject(object), `\`${name}\` must be ${expected}.`);
    return value;
  };
  const isText = (value: unknown): boolean => typeof value === 'string';
  const isBoolean = (value: unknown): boolean => typeof value === 'boolean';
  const isMissing = (value: unknown): boolean => value === undefined;
  const definition = read('definition', 'text: what the metric measures, in a sentence', isText);
  const higherIsBetter = read('higherIsBetter', '`true` or `false`: which direction is better', isBoolean);
  const needs = read('needs', "'rank' or 'list': what `of` is computed from", (value) =>
    ['rank', 'list'].some((each) => each === value),
  );
  const range = read('range', 'text, such as `0 to 1`', (value) => isMissing(value) || isText(value));
  const needsCategories = read(
    'needsCategories',
    '`true` or `false`',
    (value) => isMissing(value) || isBoolean(value),
  );
  // With a problem, none of this is used.
  return {
    kind: 'metric',
    title,
    definition: definition as string,
    higherIsBetter: higherIsBetter === true,
    needs: needs === 'list' ? 'list' : 'rank',
    ...(typeof range === 'string' && { range }),
    ...(needsCategories === true && { needsCategories }),
  };
}

function readTitle(
  object: ObjectExpression,
  fields: Map<string, Field>,
  definer: Definer,
  report: Report,
): string {
  const field = fields.get('title');
  if (field === undefined) {
    report(startOfObject(object), `\`${definer}\` needs a \`title\`, such as \`title: 'Gated mean'\`.`);
    return '';
  }
  const title = readLiteral(field.value, '`title`', report);
  // Also the name of a curve, and of a column.
  if (typeof title === 'string' && /^[\p{L}\p{N}][^\p{C}@`]{0,59}$/u.test(title)) return title;
  if (title !== UNREADABLE)
    report(
      field.value,
      '`title` must be text of at most 60 characters that starts with a letter or digit, without @ and `.',
    );
  return '';
}

function requireFunction(
  object: ObjectExpression,
  fields: Map<string, Field>,
  name: string,
  definer: Definer,
  report: Report,
): void {
  const field = fields.get(name);
  if (field === undefined) report(startOfObject(object), `\`${definer}\` needs a function \`${name}\`.`);
  else if ((field.value as Expression).type === 'Literal' || field.value.type === 'ObjectExpression')
    report(field.value, `\`${name}\` must be a function.`);
}

/** Where something is missing, its opening brace is marked, and not all that is there. */
function startOfObject(object: ObjectExpression): Node {
  const { start } = object.loc!;
  return { ...object, loc: { start, end: { line: start.line, column: start.column + 1 } } };
}
