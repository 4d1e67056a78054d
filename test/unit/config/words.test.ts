import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { expect, test } from 'vitest';
import { buildJsonSchema, type JsonSchema } from '../../../src/config/jsonSchema';

/* Words of the glossary in CONTRIBUTING.md: labels and help name the thing, in the field's terms. */

const root = path.join(import.meta.dirname, '../../..');

/** A clause where a name belongs. A question may start so. */
const CLAUSE = /^(?:What|How|Which|Where|That|By how much)\b(?! if\b|.*\?$)/;

const PHRASES = [
  /\b(?:he|him|his)\b/,
  /by heart/,
  /in stairs/,
  /ended without (?:a word|saying why)/,
  /[Ll]ongest that/,
  /[Tt]urned onto/,
  /beside: no(?:thing|ne)/,
  /to itself …/,
  /is chosen/,
  /decided (?:this|a) recommendation/,
  /vectors that the model gave/,
  /[Tt]ake another .* instead of/,
  /candidates \(the best\)/,
  /is no (?:field|number|list|valid|regular|baseline)\b/,
  /asked for; (?:a|it|there)\b/,
  /goes on from/,
  /\b[Mm]ends? (?:the cause|it)\b/,
  // A word twice.
  /(?<![\w-])([a-z]{3,}) \1(?![\w-])/,
];

/** One spelling, that of the public config and of the APIs: neighbor, color, center, initialize. */
const BRITISH =
  /neighbour|\bcolour|[a-z]Colour|\bColour|catalogue|\bcentre|[a-z]Centre|behaviour|favour|cancell(?:ed|ing)|labell(?:ed|ing)(?!by|By)|modelling|licence|(?:initial|normal|optim|regular|organ|recogn|summar|memor|standard)is(?:e|ed|es|ing|ation)\b|analys(?:e|ed|ing)\b/;

function* descriptionsOf(schema: JsonSchema): Generator<string> {
  if (schema.description !== undefined) yield schema.description;
  const { properties, oneOf, anyOf, additionalProperties } = schema;
  for (const child of [...Object.values(properties ?? {}), ...(oneOf ?? []), ...(anyOf ?? [])])
    yield* descriptionsOf(child);
  if (typeof additionalProperties === 'object') yield* descriptionsOf(additionalProperties);
}

function* textFiles(folder: string, endings: RegExp): Generator<string> {
  for (const entry of readdirSync(path.join(root, folder), { withFileTypes: true, recursive: true })) {
    const file = path.join(entry.parentPath, entry.name);
    if (entry.isFile() && endings.test(entry.name) && !file.includes('node_modules')) yield file;
  }
}

const sources = [...textFiles('src', /\.ts$/), ...textFiles('webview', /\.ts$/)];
const pages = [
  ...textFiles('docs', /\.md$/),
  path.join(root, 'README.md'),
  path.join(root, 'CONTRIBUTING.md'),
];

/** Lines of a file that `isWrong` finds, with their place. */
function linesOf(file: string, isWrong: (line: string) => boolean): string[] {
  // The glossary says what not to say.
  const text = readFileSync(file, 'utf8').replace(/\n## Words\n[\s\S]*?(?=\n## )/, (words) =>
    words.replace(/[^\n]/g, ''),
  );
  return text
    .split('\n')
    .flatMap((line, index) =>
      isWrong(line) ? [`${path.relative(root, file)}:${index + 1}: ${line.trim()}`] : [],
    );
}

/** The texts of a source file: its strings, and what stands between the tags of its templates. */
function textsOf(file: string): string[] {
  const texts: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node)) texts.push(node.text);
    else if (ts.isTemplateExpression(node))
      texts.push(node.head.text, ...node.templateSpans.map(({ literal }) => literal.text));
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true));
  return texts.flatMap((text) => text.split(/[<>"\n]/).map((part) => part.trim()));
}

test('the help of an option names what it is', () => {
  expect([...descriptionsOf(buildJsonSchema())].filter((text) => CLAUSE.test(text))).toEqual([]);
});

test('labels, titles and messages are no clauses', () => {
  const found = sources.flatMap((file) =>
    textsOf(file)
      .filter((text) => CLAUSE.test(text) && text.includes(' '))
      .map((text) => `${path.relative(root, file)}: ${text}`),
  );
  expect(found).toEqual([]);
});

test('what the manifest contributes are no clauses', () => {
  const found: string[] = [];
  JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'), (_, value: unknown) => {
    if (typeof value === 'string' && CLAUSE.test(value)) found.push(value);
    return value;
  });
  expect(found).toEqual([]);
});

test('headings are no clauses', () => {
  expect(
    pages.flatMap((file) =>
      linesOf(file, (line) => /^#+ /.test(line) && CLAUSE.test(line.replace(/^#+ /, ''))),
    ),
  ).toEqual([]);
});

test('users are “they”, translated phrases stay away, and spelling is American', () => {
  const files = [...pages, ...sources, path.join(root, 'package.json')];
  expect(files.length).toBeGreaterThan(300);
  const isWrong = (line: string) => BRITISH.test(line) || PHRASES.some((phrase) => phrase.test(line));
  expect(files.flatMap((file) => linesOf(file, isWrong))).toEqual([]);
});
