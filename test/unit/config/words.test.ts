import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { buildJsonSchema, type JsonSchema } from '../../../src/config/jsonSchema';

/* Words of the glossary in CONTRIBUTING.md: help names the thing, in the field's terms. */

const root = path.join(import.meta.dirname, '../../..');

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

test('the help of an option names what it is', () => {
  const clauses = [...descriptionsOf(buildJsonSchema())].filter((text) =>
    /^(What|How|Which|Where|That|By how much)\b/.test(text),
  );
  expect(clauses).toEqual([]);
});

test('users are “they”, and translated phrases stay away', () => {
  const wrong =
    /\b(?:he|him|his)\b|learned by heart|falls? in stairs|ended without a word|[Ll]ongest that|[Tt]urned onto/;
  const files = [
    ...textFiles('docs', /\.md$/),
    ...textFiles('src', /\.ts$/),
    ...textFiles('webview', /\.ts$/),
    path.join(root, 'README.md'),
    path.join(root, 'package.json'),
  ];
  expect(files.length).toBeGreaterThan(300);
  const found = files.flatMap((file) =>
    readFileSync(file, 'utf8')
      .split('\n')
      .flatMap((line, index) =>
        wrong.test(line) ? [`${path.relative(root, file)}:${index + 1}: ${line.trim()}`] : [],
      ),
  );
  expect(found).toEqual([]);
});
