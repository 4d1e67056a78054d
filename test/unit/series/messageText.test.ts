import { expect, test } from 'vitest';
import { quoteCode, splitCode } from '../../../src/series/messageText';

test('code is told from the words around it', () => {
  const message = '`seed` is no number; see `recsight train --help`.';
  expect(splitCode(message)).toEqual(['', 'seed', ' is no number; see ', 'recsight train --help', '.']);
  expect(quoteCode(message)).toBe('“seed” is no number; see “recsight train --help”.');
});

test('a JSON string is quoted once', () => {
  expect(quoteCode('a cut-off of `cutoffs`, found `"ndcg@10"`')).toBe(
    'a cut-off of “cutoffs”, found "ndcg@10"',
  );
});

test('a backtick without its like, or on another line, is a sign as any other', () => {
  for (const message of ['the key ` of a config', 'a `\nb` c', '``', '']) {
    expect(quoteCode(message)).toBe(message);
    expect(splitCode(message)).toEqual([message]);
  }
});
