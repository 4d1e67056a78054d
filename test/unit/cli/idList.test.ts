import { expect, test } from 'vitest';
import { idList } from '../../../src/cli/idList';
import { UsageError } from '../../../src/cli/usageError';

test.each([
  [['01, 02,03'], ['01', '02', '03']],
  [[''], []],
  [[], []],
  [['["Smith, J", "02", 3]'], ['Smith, J', '02', '3']],
  [
    ['Smith, J', '02'],
    ['Smith, J', '02'],
  ],
  [
    ['[a]', '02'],
    ['[a]', '02'],
  ],
])('%j names the ids %j', (values, ids) => {
  expect(idList('--history', values)).toEqual(ids);
});

test.each(['[1,', '[{"id":1}]', '[brackets]', '[0.5]'])('%s is refused', (value) => {
  expect(() => idList('--history', [value])).toThrow(UsageError);
  expect(() => idList('--history', [value])).toThrow(/not a JSON list of ids/);
});
