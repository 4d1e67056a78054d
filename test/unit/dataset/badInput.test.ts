import { mkdirSync, openSync, ftruncateSync, writeSync, closeSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { DatasetError } from '../../../src/dataset/datasetError';
import { dataFolder, plainCsv, type DataFolder, type DatasetInput } from './dataFolder';

const noTime = { timestamp: null };
const many = plainCsv(5000);
// 商品
const gbk = Buffer.from([0xc9, 0xcc, 0xc6, 0xb7]);
const latin1 = (text: string) => Buffer.from(text, 'latin1');

/** What the user gets to see: a code, and a message that is about the data and not about the machinery. */
async function refusal(folder: DataFolder, config: DatasetInput): Promise<DatasetError> {
  const error: unknown = await folder.prepare(config).then(
    () => new Error('nothing was wrong'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof DatasetError)) throw error;
  expect(error.message).not.toMatch(
    /DuckDB|Possible|LINE \d|[A-Z]\w* Error|ignore_errors|strict_mode|read_csv|\n/,
  );
  return error;
}

test.each<[string, DatasetInput, Record<string, string | Buffer>, string, RegExp]>([
  ['a missing file', { path: 'b.csv' }, {}, 'dataset/missing-file', /no file `b\.csv`/],
  [
    'a missing item table',
    { path: 'a.csv', items: { path: 'i.csv' } },
    { 'a.csv': many },
    'dataset/missing-file',
    /`i\.csv`/,
  ],
  [
    'a glob without a match',
    { path: 'x/*.csv' },
    { 'a.csv': many },
    'dataset/no-match',
    /No file matches `x\/\*\.csv`/,
  ],
  [
    'a folder',
    { path: 'sub' },
    { 'sub/a.csv': many },
    'dataset/is-directory',
    /`sub` is a folder.*`sub\/\*\.csv`/,
  ],
  ['an address', { path: 'https://example.com/a.csv' }, {}, 'dataset/remote-file', /is a URL/],
  ['an empty file', { path: 'a.csv' }, { 'a.csv': '' }, 'dataset/empty-file', /a\.csv is empty/],
  [
    'an empty .gz',
    { path: 'a.csv.gz' },
    { 'a.csv.gz': gzipSync('') },
    'dataset/empty-file',
    /a\.csv\.gz is empty/,
  ],
  ['blank lines only', { path: 'a.csv' }, { 'a.csv': '\n\n' }, 'dataset/empty-file', /only blank lines/],
  ['a header only', { path: 'a.csv' }, { 'a.csv': plainCsv(0) }, 'dataset/no-rows', /a\.csv: found no rows/],
  [
    'an empty one of several files',
    { path: '*.csv' },
    { 'a.csv': many, 'b.csv': '' },
    'dataset/empty-file',
    /b\.csv is empty/,
  ],
  [
    'a missing column',
    { path: 'a.csv', columns: { user: 'usre_id' } },
    { 'a.csv': many },
    'dataset/missing-column',
    /a\.csv has no column `usre_id` \(`dataset\.columns\.user`\); its columns are `user_id`, `item_id`, `timestamp`\. Did you mean `user_id`\?/,
  ],
  [
    'a missing column in the second file',
    { path: ['a.csv', 'b.csv'] },
    { 'a.csv': many, 'b.csv': 'user_id,item\n1,2\n' },
    'dataset/missing-column',
    /b\.csv has no column `item_id`.*Did you mean `item`\?/,
  ],
  [
    'a missing title column',
    { path: 'a.csv', items: { path: 'i.csv' } },
    { 'a.csv': many, 'i.csv': 'item_id,name\n' },
    'dataset/missing-column',
    /i\.csv has no column `title` \(`dataset\.items\.title`\)/,
  ],
  [
    'no header',
    { path: 'a.csv' },
    { 'a.csv': '1,1193,978300760\n1,661,978302109\n' },
    'dataset/missing-column',
    /no column `user_id`.*it has no header \(its first line is `1,1193,978300760`\), and its columns are `1`, `2`, `3`\. Set `dataset\.columns\.user` to the position/,
  ],
  [
    'a time that is none',
    { path: 'a.csv' },
    { 'a.csv': `${plainCsv()}u1,i1,yesterday\n${plainCsv()}` },
    'dataset/not-a-number',
    /a\.csv, row 13 \(line 14\): column `timestamp` holds `yesterday`, expected a number or a date/,
  ],
  [
    'a time that is none in the second file',
    { path: '*.csv' },
    { 'a.csv': many, 'b.csv': 'user_id,item_id,timestamp\n1,2,3\n1,3,?\n' },
    'dataset/not-a-number',
    /b\.csv, row 2 \(line 3\): column `timestamp` holds `\?`/,
  ],
  [
    'an infinite time',
    { path: 'a.csv' },
    { 'a.csv': `${many}u1,i1,inf\n` },
    'dataset/not-a-number',
    /holds `inf`/,
  ],
  [
    'a rating that is no number',
    { path: 'a.csv', minRating: 1, columns: { rating: 'item_id' } },
    { 'a.csv': many },
    'dataset/not-a-number',
    /row 1 \(line 2\): column `item_id` holds `i0`, expected a number\./,
  ],
  [
    'times of two units',
    { path: 'a.csv' },
    { 'a.csv': `${many}u1,i1,1362062838000\n` },
    'dataset/bad-time',
    /a\.csv, row 20001 \(line 20002\): column `timestamp` holds `1362062838000`, which would be 2013-02-28 14:47 in milliseconds and 1362062838000 seconds from 1970 in seconds\. Most of its times are seconds/,
  ],
  ['an absurd time', { path: 'a.csv' }, { 'a.csv': `${many}u1,i1,-1e300\n` }, 'dataset/bad-time', /-1e\+300/],
  ['one user only', { path: 'a.csv' }, { 'a.csv': plainCsv(1) }, 'dataset/too-few-users', /one user/],
  [
    'one item only',
    { path: 'a.csv', columns: noTime },
    { 'a.csv': 'user_id,item_id\n1,1\n1,1\n1,1\n2,1\n' },
    'dataset/too-few-items',
    /one item/,
  ],
  [
    'every user too short',
    { path: 'a.csv' },
    { 'a.csv': plainCsv(9, 2) },
    'dataset/empty-part',
    /Of 9 users, none has interactions in the test part: leave-one-out needs at least three/,
  ],
  [
    'a k-core of nothing',
    { path: 'a.csv', minUserInteractions: 5 },
    { 'a.csv': plainCsv() },
    'dataset/nothing-left',
    /Lower `minUserInteractions`/,
  ],
  [
    'ratings all too low',
    { path: 'a.csv', minRating: 1e9, columns: { rating: 'timestamp' } },
    { 'a.csv': plainCsv() },
    'dataset/nothing-left',
    /none of its 12 rows can be used: 12 rated below/,
  ],
  [
    'ids all empty',
    { path: 'a.csv' },
    { 'a.csv': 'user_id,item_id,timestamp\n,1,2\n' },
    'dataset/nothing-left',
    /1 without a user or item id/,
  ],
  [
    'Latin-1 behind UTF-8',
    { path: 'a.csv' },
    { 'a.csv': Buffer.concat([Buffer.from(`${many}u1,café,4\n`), latin1('u1,caf\xe9,5\n')]) },
    'dataset/not-utf8',
    /a\.csv, line 20003: found bytes that are not UTF-8, though there is UTF-8 before them/,
  ],
  [
    'Latin-1 that the config calls UTF-8',
    { path: 'a.csv', encoding: 'utf-8' },
    { 'a.csv': latin1(`${many}u1,caf\xe9,4\n`) },
    'dataset/not-utf8',
    /a\.csv, line 20002: found bytes that are not UTF-8, which `encoding` says/,
  ],
  [
    'GBK near the start',
    { path: 'a.csv' },
    { 'a.csv': Buffer.concat([Buffer.from('user_id,item_id,timestamp\n1,'), gbk, Buffer.from(',3\n')]) },
    'dataset/not-utf8',
    /a\.csv: found text that is neither UTF-8 .* looks like GBK \(Chinese\): set `encoding` to `gbk`/,
  ],
  [
    'GBK far inside',
    { path: 'a.csv' },
    { 'a.csv': Buffer.concat([Buffer.from(`${many}u1,`), gbk, Buffer.from(',3\n')]) },
    'dataset/not-utf8',
    /a\.csv, line 20002: .* looks like GBK/,
  ],
  [
    'a byte 0',
    { path: 'a.csv' },
    { 'a.csv': `${many}\0u1,i1,4\n` },
    'dataset/not-utf8',
    /a\.csv, line 20002: found a NUL byte/,
  ],
  [
    'a zip archive',
    { path: 'a.csv' },
    { 'a.csv': 'PK\x03\x04\x14\0' },
    'dataset/foreign-format',
    /a\.csv is a zip archive.*Unpack it/,
  ],
  [
    'Latin-1 near the start that the config calls UTF-8',
    { path: 'a.csv', encoding: 'utf-8' },
    { 'a.csv': latin1('user_id,item_id,timestamp\r\nu1,caf\xe9,4\r\n') },
    'dataset/not-utf8',
    /^a\.csv, line 2: found bytes that are not UTF-8, which `encoding` says they are\. Correct the line, or set `encoding` beside its `path`, such as to `latin-1`\.$/,
  ],
  [
    'a line with too few values',
    { path: 'a.csv' },
    { 'a.csv': `${many}u1,i1\n` },
    'dataset/malformed-csv',
    /a\.csv, line 20002: found 2 values, expected 3/,
  ],
  [
    'a quote that stays open',
    { path: 'a.csv' },
    { 'a.csv': `${many}u1,"i1,4\n${plainCsv()}` },
    'dataset/malformed-csv',
    /a\.csv, line 20002: .*double quote/,
  ],
  [
    'broken JSON',
    { path: 'a.jsonl', columns: noTime },
    { 'a.jsonl': `${'{"user_id":1,"item_id":2}\n'.repeat(5000)}{"user_id":\n` },
    'dataset/malformed-json',
    /a\.jsonl, line 500\d/,
  ],
  [
    'a JSON array of numbers',
    { path: 'a.json' },
    { 'a.json': '[1, 2]' },
    'dataset/malformed-json',
    /line 1: expected a JSON object, found `\[/,
  ],
  [
    'dictionaries of Python',
    { path: 'a.json' },
    { 'a.json': "{'user_id': 1}\n" },
    'dataset/malformed-json',
    /line 1: expected a JSON object, found `\{'user_id.* Python.*json\.dumps/,
  ],
  [
    'text named .gz',
    { path: 'a.csv.gz' },
    { 'a.csv.gz': plainCsv() },
    'dataset/not-gzip',
    /a\.csv\.gz cannot be unpacked/,
  ],
  [
    'a .gz that was cut off',
    { path: 'a.csv.gz' },
    { 'a.csv.gz': gzipSync(many).subarray(0, -20) },
    'dataset/not-gzip',
    /a\.csv\.gz cannot be unpacked.*truncated/,
  ],
  [
    'a broken Parquet file',
    { path: 'a.parquet' },
    { 'a.parquet': `PAR1${many}` },
    'dataset/malformed-parquet',
    /a\.parquet: cannot be read as Parquet/,
  ],
  [
    'bad SQL',
    { query: "SELECT * FORM 'a.csv'" },
    {},
    'dataset/bad-query',
    /`dataset\.query` cannot run: syntax error/,
  ],
  ['SQL with two statements', { query: 'SELECT 1; SELECT 2' }, {}, 'dataset/bad-query', /has 2 statements/],
  [
    'SQL that does not select',
    { query: "COPY (SELECT 1) TO 'x.csv'" },
    {},
    'dataset/bad-query',
    /Expected one SELECT/,
  ],
  [
    'SQL with an unknown column',
    { query: "SELECT usr_id FROM 'a.csv'" },
    { 'a.csv': many },
    'dataset/bad-query',
    /usr_id.*user_id/,
  ],
  [
    'SQL over no file',
    { query: "SELECT * FROM 'b.csv'" },
    {},
    'dataset/no-match',
    /`dataset\.query` reads `b\.csv`/,
  ],
  [
    'SQL over the network',
    { query: "SELECT * FROM 'https://example.com/a.parquet'" },
    {},
    'dataset/remote-file',
    /network/,
  ],
  [
    'SQL that lacks a column',
    { query: "SELECT user_id AS u, item_id, timestamp FROM 'a.csv'" },
    { 'a.csv': many },
    'dataset/missing-column',
    /The result of `dataset\.query` has no column `user_id`/,
  ],
  [
    'SQL with a bad value',
    { query: "SELECT user_id, item_id, 'noon' AS timestamp FROM 'a.csv'" },
    { 'a.csv': many },
    'dataset/not-a-number',
    /The result of `dataset\.query`, row 1: column `timestamp` holds `noon`/,
  ],
  [
    'SQL that fails on the way',
    { query: "SELECT user_id, item_id, CAST(item_id AS INT) AS timestamp FROM 'a.csv'" },
    { 'a.csv': many },
    'dataset/unreadable',
    /The result of `dataset\.query` cannot be read: Could not convert/,
  ],
])('%s', async (_name, config, files, code, message) => {
  const error = await refusal(dataFolder(files), config);
  expect(error.message).toMatch(message);
  expect(error.code).toBe(code);
});

test.each([
  ['utf-16le', 'utf-8', 'UTF-8'],
  ['utf-16be', 'utf-8', 'UTF-8'],
  ['utf-16le', 'latin-1', 'Latin-1 (Windows-1252)'],
  ['utf-16le', 'utf-16be', 'UTF-16BE'],
  // By the standard, that is UTF-16LE.
  ['utf-16be', 'utf-16', 'UTF-16LE'],
])('%s that the config calls %s', async (encoding, said, label) => {
  for (const text of [`\ufeff${plainCsv()}`, plainCsv()]) {
    const bytes = Buffer.from(text, 'utf16le');
    const folder = dataFolder({ 'a.csv': encoding === 'utf-16be' ? bytes.swap16() : bytes });
    const error = await refusal(folder, { path: 'a.csv', encoding: said });
    expect(error.code).toBe('dataset/not-utf8');
    expect(error.message).toBe(
      `a.csv: found ${encoding.toUpperCase()} text, but \`encoding\` says ${label}. ` +
        `Set \`encoding\` beside its \`path\` to \`${encoding}\`, or leave it out.`,
    );
    const { dataset } = await folder.prepare({ path: 'a.csv', encoding });
    expect(dataset.userIds).toEqual(['u0', 'u1', 'u2']);
  }
});

/** A line of 64 MB, most of it a hole in the file. */
function writeLongLine(folder: DataFolder, name: string, start: string, end: string): void {
  mkdirSync(folder.path, { recursive: true });
  const file = openSync(join(folder.path, name), 'w');
  writeSync(file, start);
  ftruncateSync(file, 64 * 1024 * 1024);
  writeSync(file, end, 64 * 1024 * 1024);
  closeSync(file);
}

test.each([
  ['in the middle of a CSV file', 'a.csv', `${many}u1,`, ',5\nu1,i1,1\n'],
  ['as the header', 'a.csv', 'user_id,', '\nu1,i1\n'],
  [
    'in JSON Lines',
    'a.jsonl',
    '{"user_id":1,"item_id":2,"timestamp":3}\n'.repeat(5000) + '{"user_id":"',
    '"}\n',
  ],
  ['as the first object', 'a.jsonl', '{"user_id":"', '"}\n'],
])('a line far too long, %s', async (_name, file, start, end) => {
  const folder = dataFolder();
  writeLongLine(folder, file, start, end);
  const before = process.memoryUsage().rss;
  const error = await refusal(folder, { path: file });
  expect(error.code).toBe('dataset/line-too-long');
  expect(error.message).toContain(file);
  expect(process.memoryUsage().rss - before).toBeLessThan(512 * 1024 * 1024);
});
