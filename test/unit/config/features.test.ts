import { expect, test } from 'vitest';
import { parseConfig } from '../../../src/config/parseConfig';

function parse(features: string, table = 'items') {
  return parseConfig(
    `{"dataset": {"path": "a.csv", "${table}": {"path": "b.csv", "features": ${features}}}, "model": {"type": "sasrec"}}`,
    'json',
  );
}

test('a kind alone means that kind with its defaults', () => {
  const { config, problems } = parse(
    '{"genre": "category", "tags": {"type": "multi", "separator": " "}, "price": "number"}',
  );
  expect(problems).toEqual([]);
  expect(config?.dataset.items?.features).toEqual({
    genre: { type: 'category', minCount: 1 },
    tags: { type: 'multi', separator: ' ', minCount: 1 },
    price: { type: 'number', normalization: 'standard' },
  });
});

test('a config with its defaults filled in says the same', () => {
  const { config } = parse('{"genre": "category"}', 'users');
  expect(parseConfig(JSON.stringify(config), 'json')).toEqual({ config, problems: [] });
});

test.each([
  [
    '{"genre": "categorie"}',
    'items',
    /`dataset\.items\.features\.genre`: expected .* Did you mean `category`\?/,
  ],
  [
    '{"genre": {"type": "category", "minCout": 2}}',
    'users',
    /`minCout` is not a field of `dataset\.users\.features\.genre`\. Did you mean `minCount`\?/,
  ],
  [
    '{"price": {"type": "number", "normalization": "zscore"}}',
    'items',
    /`dataset\.items\.features\.price\.normalization`: expected `standard`, `minMax` or `none`, found `"zscore"`/,
  ],
  ['{"genre": {"type": "tags"}}', 'items', /`dataset\.items\.features\.genre\.type`: expected/],
  ['{"genre": 3}', 'items', /`dataset\.items\.features\.genre`: expected/],
  ['{}', 'users', /`dataset\.users\.features` must name a column/],
])('%s of %s: the message says what is wrong', (features, table, message) => {
  const { config, problems } = parse(features, table);
  expect(config).toBeNull();
  expect(problems.map((problem) => problem.message).join('\n')).toMatch(message);
});
