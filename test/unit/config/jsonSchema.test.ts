import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import {
  insertMetricList,
  insertModelList,
  insertModelTables,
  insertTables,
  modelPages,
} from '../../../scripts/lib/configTable';
import { buildEditorSchema } from '../../../src/config/editorSchema';
import {
  buildJsonSchema,
  describeExpected,
  findFieldSchema,
  type JsonSchema,
} from '../../../src/config/jsonSchema';
import { parseConfig } from '../../../src/config/parseConfig';

const root = path.join(import.meta.dirname, '../../..');
const read = (file: string) => readFileSync(path.join(root, file), 'utf8');

test('media/*.json, docs/config.md, docs/models and the README are up to date (else: npm run generate)', () => {
  const schema = buildJsonSchema();
  expect(JSON.parse(read('media/recsight.schema.json'))).toEqual(JSON.parse(JSON.stringify(schema)));
  expect(JSON.parse(read('media/recsight.editor.schema.json'))).toEqual(buildEditorSchema());
  const docs = read('docs/config.md');
  expect(docs).toBe(insertTables(docs, schema));
  expect(() => insertTables('no markers', schema)).toThrow(/lacks the lines/);
  expect(read('README.md')).toBe(insertModelList(read('README.md')));
  expect(read('docs/metrics.md')).toBe(insertMetricList(read('docs/metrics.md')));
  for (const page of modelPages.keys()) {
    const text = read(`docs/models/${page}`);
    expect(text).toBe(insertModelTables(text, schema, page));
    expect(text).toContain('`model.type`');
  }
});

test('only what has no default is required', () => {
  const schema = buildJsonSchema();
  expect(schema.required).toEqual(['dataset', 'model']);
  expect(schema.properties?.model?.oneOf?.[0]?.required).toEqual(['type']);
});

test('every field says what it is for', () => {
  const visit = (schema: JsonSchema, name: string) => {
    for (const [child, childSchema] of Object.entries(schema.properties ?? {})) {
      if (!(child === 'type' && schema.description !== undefined)) {
        expect([name, child, childSchema.description]).toEqual([name, child, expect.stringMatching(/\.$/)]);
      }
      visit(childSchema, `${name}.${child}`);
    }
    schema.oneOf?.forEach((member) => visit(member, name));
  };
  visit(buildJsonSchema(), 'config');
});

test('the defaults that editors show are the ones that are used', () => {
  const { config } = parseConfig('{"dataset": {"path": "a"}, "model": {"type": "sasrec"}}', 'json');
  const compare = (value: unknown, at: string[]) => {
    const shown = findFieldSchema(at, config)?.default;
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      for (const [name, child] of Object.entries(value)) {
        compare(child, [...at, name]);
      }
    } else if (shown !== undefined) {
      expect([at, shown]).toEqual([at, value]);
    }
  };
  compare(config, []);
});

test('what a field takes, in words', () => {
  const words = (at: (string | number)[], value: unknown = {}) =>
    describeExpected(findFieldSchema(at, value)!);
  expect(words(['dataset', 'path'])).toBe('non-empty text or a non-empty list of texts');
  expect(words(['evaluation', 'cutoffs', 0])).toBe('a whole number from 1 to 10000');
  expect(words(['model'])).toMatch(/^an object with `type` `sasrec`/);
  expect(words(['model', 'dropout'], { model: { type: 'sasrec' } })).toBe(
    'a number of at least 0 and below 1',
  );
  expect(findFieldSchema(['model', 'dropout'], { model: { type: 'other' } })).toBeNull();
  expect(findFieldSchema(['nothing', 'here'], {})).toBeNull();
});
