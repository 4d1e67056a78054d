import { describe, expect, test } from 'vitest';
import {
  looseValue,
  placeProblems,
  readCandidateFile,
  readDataset,
  readTable,
} from '../../../src/config/datasetText';
import { locateField } from '../../../src/config/locateField';
import type { ConfigFormat } from '../../../src/config/parseConfig';
import { insertField, writtenLike } from '../../../src/config/setField';
import type { ConfigPath } from '../../../src/config/sourceTree';

/** The field at the `|` of a text, and what stands there. */
function located(marked: string, format: ConfigFormat = 'json') {
  const offset = marked.indexOf('|');
  const text = marked.replace('|', '');
  const found = locateField(text, format, offset);
  return (
    found && { ...found, range: text.slice(found.range.start, found.range.end), path: found.path.join('.') }
  );
}

describe('the field that a cursor is in', () => {
  test.each<[string, string, string, boolean]>([
    ['{"dataset": {"path": "ra|t.csv"}}', 'dataset.path', '"rat.csv"', false],
    ['{"dataset": {"path": "|"}}', 'dataset.path', '""', false],
    ['{"dataset": {"path": |', 'dataset.path', '', false],
    ['{"dataset": {"path": ["a", "|b"]}}', 'dataset.path.1', '"b"', false],
    ['{"dataset": {"columns": {"user": |}, "x": 1}', 'dataset.columns.user', '', false],
    [
      '{"dataset": {"items": {"features": {"ge|nre": "category"}}}}',
      'dataset.items.features.genre',
      '"genre"',
      true,
    ],
  ])('JSON: %s', (text, path, range, isKey) => {
    expect(located(text)).toMatchObject({ path, range, isKey });
  });

  test.each<[string, string, string, boolean]>([
    ['dataset:\n  path: ra|t.csv\n', 'dataset.path', 'rat.csv', false],
    ['dataset:\n  path: |\n  columns: {user: a}\n', 'dataset.path', '', false],
    ['dataset:\n  path: |', 'dataset.path', '', false],
    ['dataset:\n  path: "ra|t"\n', 'dataset.path', '"rat"', false],
    ['dataset:\n  columns:\n    user: u|\n', 'dataset.columns.user', 'u', false],
    ['dataset:\n  path:\n    - a\n    - b|\n', 'dataset.path.1', 'b', false],
    [
      'dataset:\n  items:\n    features:\n      ge|nre: category\n',
      'dataset.items.features.genre',
      'genre',
      true,
    ],
  ])('YAML: %j', (text, path, range, isKey) => {
    expect(located(text, 'yaml')).toMatchObject({ path, range, isKey });
  });

  test('none in a text that is nested so deeply that a parser would not come back', () => {
    expect(located(`${'['.repeat(100_000)}|`)).toBeNull();
    expect(located(`${'{a: '.repeat(10_000)}|`, 'yaml')).toBeNull();
  });

  test('none outside of fields', () => {
    expect(located('|')).toBeNull();
    expect(located('# note|\n', 'yaml')).toBeNull();
  });
});

describe('a field that is put in', () => {
  const inserted = (text: string, format: ConfigFormat, path: ConfigPath, value: string | number | null) =>
    insertField(text, format, path, value).reduceRight(
      (whole, change) => whole.slice(0, change.start) + change.text + whole.slice(change.end),
      text,
    );

  test('JSON: with the objects around it, and the rest as it was', () => {
    const text = '{\n  // Mine\n  "dataset": {\n    "path": "a.csv"\n  }\n}\n';
    const after = inserted(text, 'json', ['dataset', 'columns', 'user'], 'uid');
    expect(after).toContain('// Mine');
    expect(looseValue(after, 'json')).toEqual({ dataset: { path: 'a.csv', columns: { user: 'uid' } } });
    expect(after).toContain('    "columns": {\n      "user": "uid"\n    }');
  });

  test('YAML: not into what an alias stands for, nor into a text with errors', () => {
    const path = ['dataset', 'columns', 'item'];
    expect(insertField('x: &x {user: u}\ndataset:\n  columns: *x\n', 'yaml', path, 'i')).toEqual([]);
    expect(insertField('dataset:\n  path: [a\n', 'yaml', path, 'i')).toEqual([]);
  });

  test('YAML: the same', () => {
    const after = inserted(
      '# Mine\ndataset:\n  path: a.csv\n',
      'yaml',
      ['dataset', 'columns', 'timestamp'],
      null,
    );
    expect(after).toBe('# Mine\ndataset:\n  path: a.csv\n  columns:\n    timestamp: null\n');
  });

  test.each<[string, ConfigFormat, string | number | null, string]>([
    ['"a"', 'json', 'b "c"', '"b \\"c\\""'],
    ['"a"', 'json', 2, '2'],
    ['a', 'yaml', 'data/b.csv', 'data/b.csv'],
    ['a', 'yaml', 'yes', '"yes"'],
    ['a', 'yaml', 'b: c', '"b: c"'],
    ["'a'", 'yaml', "it's", "'it''s'"],
    ['"a"', 'yaml', null, 'null'],
  ])('in place of %s in %s: %j', (replaced, format, value, written) => {
    expect(writtenLike(replaced, format, value)).toBe(written);
  });
});

describe('what a text says of its data', () => {
  test('is known though the rest of the config is wrong', () => {
    expect(readDataset('{"dataset": {"path": "a.csv"}, "model": {"type": "?"}}', 'json')?.path).toBe('a.csv');
    expect(readDataset('{"dataset": {"path": 3}}', 'json')).toBeNull();
    const candidates = (text: string) => readCandidateFile(`{"evaluation": {"candidates": ${text}}}`, 'json');
    expect(candidates('{"type": "file", "path": "l.csv"}')).toMatchObject({ path: 'l.csv', columns: {} });
    expect([candidates('{"type": "file"}'), candidates('{"type": "full"}')]).toEqual([null, null]);
    expect(readDataset('{"dataset": {"path": "a"', 'json')).toBeNull();
  });

  test('is guessed of a text with errors, by table', () => {
    const text =
      '{"dataset": {"path": "a.csv", "separator": ";", "items": {"path": "b.csv"}, "columns": {"user": ';
    expect(readTable(text, 'json', 'interactions')).toMatchObject({
      field: 'dataset',
      table: { path: 'a.csv', separator: ';' },
    });
    expect(readTable(text, 'json', 'items')).toMatchObject({
      field: 'dataset.items',
      table: { path: 'b.csv' },
    });
    expect(readTable(text, 'json', 'users')).toBeNull();
  });

  test('is marked at the value, at the key, or at what should hold it', () => {
    const text = '{"dataset": {"path": "a.csv", "items": {"features": {"genre": "category"}}}}';
    const marked = (path: ConfigPath, at: 'value' | 'key') => {
      const { start, end, isWritten } = placeProblems(text, 'json', [{ path, at, message: '' }])[0]!;
      return [text.slice(start, end), isWritten];
    };
    expect(marked(['dataset', 'path'], 'value')).toEqual(['"a.csv"', true]);
    expect(marked(['dataset', 'items', 'features', 'genre'], 'key')).toEqual(['"genre"', true]);
    expect(marked(['dataset', 'columns', 'user'], 'value')).toEqual(['"dataset"', false]);
  });
});
