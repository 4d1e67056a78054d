import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { CodeProblem, ReadDeclaration } from '../../../src/userCode/declaration';
import * as reader from '../../../src/userCode/readDeclaration';

const IMPORT = `import { defineMetric, defineModel } from 'recsight/v1';`;

const readDeclaration = (text: string, file = 'models/mine.ts'): ReadDeclaration =>
  reader.readDeclaration(text, file);

const model = (fields: string): string =>
  `${IMPORT}\nexport default defineModel({ title: 'Mine', ${fields}, create() {} });`;
const option = (declared: string): string => model(`options: { width: ${declared} }`);

function problemsOf(text: string): readonly CodeProblem[] {
  return readDeclaration(text).problems;
}

/** What is wrong, and what stands there. */
function onlyProblem(text: string): { message: string; marked: string } {
  const problems = problemsOf(text);
  expect(problems).toHaveLength(1);
  const { message, line, column, endLine, endColumn } = problems[0]!;
  const lines = text.split('\n').slice(line - 1, endLine);
  lines[lines.length - 1] = lines.at(-1)!.slice(0, endColumn - 1);
  lines[0] = lines[0]!.slice(column - 1);
  return { message, marked: lines.join('\n') };
}

it('reads a model with all kinds of options', () => {
  const { declaration } = readDeclaration(`
import * as v1 from 'recsight/v1';
import type { Histories } from 'recsight/v1';

interface Local { a: number }
const definition = {
  title: \`Gated mean\`,
  options: {
    length: { type: 'integer', minimum: 1, maximum: 4_096, default: 50, description: 'Newest ' + 'items.' },
    rate: { type: 'number', minimum: 0, exclusiveMaximum: 1, default: 1e-1 },
    shift: { type: 'number', exclusiveMinimum: -1.5, default: -1 },
    pooling: { enum: ['mean', 'attention'], default: 'attention' },
    size: { enum: [1, 2] },
    normalize: { type: 'boolean', default: true },
    'label': { type: 'string', default: '' },
    layers: { type: 'array', items: { type: 'integer', minimum: 1 }, minItems: 1, default: [64, 32] },
  } as const,
  create({ options }: { options: Local }) { return options!.a; },
} satisfies object;
export default v1.defineModel(definition);
`);
  expect(declaration).toEqual({
    kind: 'model',
    title: 'Gated mean',
    options: {
      length: {
        type: 'integer',
        bounds: { minimum: 1, maximum: 4096 },
        default: 50,
        description: 'Newest items.',
      },
      rate: { type: 'number', bounds: { minimum: 0, exclusiveMaximum: 1 }, default: 0.1 },
      shift: { type: 'number', bounds: { exclusiveMinimum: -1.5 }, default: -1 },
      pooling: { type: 'enum', values: ['mean', 'attention'], default: 'attention' },
      size: { type: 'enum', values: [1, 2] },
      normalize: { type: 'boolean', default: true },
      label: { type: 'string', default: '' },
      layers: {
        type: 'array',
        items: { type: 'integer', bounds: { minimum: 1 } },
        minItems: 1,
        default: [64, 32],
      },
    },
  });
});

it('reads a metric', () => {
  expect(
    readDeclaration(`${IMPORT}
export default defineMetric({
  title: 'Even hits', definition: 'Hits at even places.', higherIsBetter: false, range: '0 to 1', needs: 'rank',
  of: ({ places }, k) => places.length / k,
});`).declaration,
  ).toEqual({
    kind: 'metric',
    title: 'Even hits',
    definition: 'Hits at even places.',
    higherIsBetter: false,
    range: '0 to 1',
    needs: 'rank',
  });
});

it('reads JavaScript as it is, without types', () => {
  const text = `${IMPORT}\nimport { only } from './types.js';\nexport default defineModel({ title: 'Mine', options: {}, create() {} });`;
  for (const file of ['mine.js', 'mine.mjs']) {
    expect(readDeclaration(text, file)).toMatchObject({ declaration: { title: 'Mine' }, problems: [] });
    expect(readDeclaration(`const width: number = 1;\n${text}`, file).problems).toMatchObject([
      { line: 1, column: 12, message: 'Syntax error: Unexpected token.' },
    ]);
  }
});

it('runs nothing', () => {
  const { declaration } = readDeclaration(
    `${IMPORT}\nglobalThis.ranOwnCode = true;\nexport default defineModel({ title: 'Mine', create() {} });`,
  );
  expect(declaration).not.toBeNull();
  expect(globalThis).not.toHaveProperty('ranOwnCode');
});

it.each([
  ['', 'no default export', ''],
  [`export const a = 1;`, 'no default export', 'e'],
  [`export default { title: 'x' };`, 'something else', `export default { title: 'x' };`],
  [`import { defineModel } from './mine';\nexport default defineModel({});`, 'something else', null],
  [`${IMPORT}\nexport default defineModel();`, 'takes one object', 'defineModel()'],
  [`${IMPORT}\nexport default defineModel(options());`, 'takes one object', 'defineModel(options())'],
  [`${IMPORT}\nexport default defineModel({ create() {} });`, 'needs a `title`', '{'],
  [`${IMPORT}\nexport default defineModel({ title: 'x' });`, 'needs a function `create`', '{'],
  [`${IMPORT}\nexport default defineModel({ title: name(), create() {} });`, 'as literals', 'name()'],
  [`${IMPORT}\nexport default defineModel({ title: '', create() {} });`, 'must be text', "''"],
  [`${IMPORT}\nexport default defineModel({ title: 'a@b', create() {} });`, 'must be text', "'a@b'"],
  [`${IMPORT}\nexport default defineModel({ title: 'x', create: 3 });`, '`create` must be a function', '3'],
  [model('options: 3'), '`options` must be an object', '3'],
  [model('opions: {}'), '`opions` is not a field of `defineModel`', 'opions'],
  [model('options: { ...others }'), 'as literals', '...others'],
  [model('options: { [name]: { type: "integer" } }'), 'as literals', '[name]: { type: "integer" }'],
  [model('options: { type: { type: "integer" } }'), 'the name is taken', 'type'],
  [model('options: { __proto__: { type: "integer" } }'), 'must have a name of letters', '__proto__'],
  [model('options: { toString: { type: "integer" } }'), 'the name is taken', 'toString'],
  [model('options: { a: { type: "integer" }, a: { type: "number" } }'), 'declared twice', 'a'],
  [option('64'), 'must be an object such as', '64'],
  [option('{ default: 1 }'), 'must have `enum`, or a `type`', '{ default: 1 }'],
  [option('{ type: "int" }'), 'must have `enum`, or a `type`', '"int"'],
  [option('{ type: kind }'), 'as literals', 'kind'],
  [option('{ type: "integer", defualt: 3 }'), '`defualt` is not a field of the option', 'defualt'],
  [option('{ type: "integer", minimum: 1, default: 0 }'), 'not a value that the option takes', '0'],
  [option('{ type: "integer", default: 1.5 }'), 'not a value that the option takes', '1.5'],
  [option('{ type: "integer", default: 2 ** 3 }'), 'as literals', '2 ** 3'],
  [option('{ type: "number", minimum: 2, maximum: 1 }'), 'No number is within the bounds', '1'],
  [option('{ type: "number", minimum: 1, exclusiveMaximum: 1 }'), 'No number is within the bounds', null],
  [option('{ type: "number", minimum: "1" }'), 'must be a number', '"1"'],
  [option('{ type: "boolean", minimum: 0 }'), '`minimum` has no meaning', 'minimum'],
  [option('{ type: "string", minLength: 1, default: "" }'), 'not a value', '""'],
  [option('{ type: "string", maxLength: -1 }'), 'a whole number of at least 0', '-1'],
  [option('{ type: "string", items: { type: "string" } }'), '`items` has no meaning', 'items'],
  [option('{ type: "array" }'), 'must say what it contains', '"array"'],
  [option('{ type: "array", items: { type: "boolean" } }'), 'and nothing else', '{ type: "boolean" }'],
  [
    option('{ type: "array", items: { type: "array", items: { type: "integer" } } }'),
    'and nothing else',
    '{ type: "array", items: { type: "integer" } }',
  ],
  [option('{ type: "array", items: { type: "integer" }, default: [1.5] }'), 'not a value', '[1.5]'],
  [option('{ enum: [] }'), 'must be a list of different', '[]'],
  [option('{ enum: ["a", "a"] }'), 'must be a list of different', '["a", "a"]'],
  [option('{ enum: ["a"], default: "b" }'), 'not a value that the option takes', '"b"'],
  [option('{ type: "integer", description: 3 }'), 'must be text', '3'],
  [
    `${IMPORT}\nexport default defineMetric({ title: 'x', definition: '', higherIsBetter: true, needs: 'ranks', of() {} });`,
    "must be 'rank' or 'list'",
    "'ranks'",
  ],
  [
    `${IMPORT}\nexport default defineMetric({ title: 'x', definition: '', needs: 'rank', of() {} });`,
    '`higherIsBetter` must be `true` or `false`',
    '{',
  ],
])('says what is wrong with %s', (text, message, marked) => {
  const found = onlyProblem(text);
  expect(found.message).toContain(message);
  if (marked !== null) expect(found.marked).toBe(marked);
});

it.each([
  ['const a = ;', 1, 11],
  [`${IMPORT}\nexport default defineModel({ title: 'x'`, 2, null],
  ['const a: number = 1;\nconst a: number = 2;', 2, 7],
  ['let x: string = "a"; return x;', 1, 22],
])('says where the syntax of %s is wrong', (text, line, column) => {
  const [problem] = problemsOf(text);
  expect(problem).toMatchObject({ line, message: expect.stringMatching(/^Syntax error: .*\.$/) as string });
  if (column !== null) expect(problem!.column).toBe(column);
});

it('places what is wrong in the text, also behind types that are taken out', () => {
  const text = `${IMPORT}\nconst a: Record<string, number> = {}; export default defineModel({ title: 'x' as string, options: { w: { type: 'integer' as const, default: 'a' } }, create() {} });`;
  expect(onlyProblem(text).marked).toBe("'a'");
});

it('never throws, whatever the text is', () => {
  const pieces = fc.constantFrom(
    ...[IMPORT, '\n', 'export default ', 'defineModel(', '{', '}', ')', 'title:', "'x'", 'options:', 'a:'],
    ...[
      'create() {}',
      ',',
      'type:',
      "'integer'",
      '...b',
      '[c]',
      '`${d}`',
      '-1',
      'null',
      '/r/',
      '<T>',
      ': A',
      '#',
    ],
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.array(pieces).map((all) => all.join(' ')),
        fc.string(),
      ),
      (text) => {
        const { declaration, problems } = readDeclaration(text);
        expect(declaration === null).toBe(problems.length > 0);
        const lines = text.split(/\r\n|\r|\n|\u2028|\u2029/).length;
        for (const { line, column } of problems) {
          expect(line).toBeGreaterThanOrEqual(1);
          expect(line).toBeLessThanOrEqual(lines);
          expect(column).toBeGreaterThanOrEqual(1);
        }
      },
    ),
    { numRuns: 500 },
  );
});
