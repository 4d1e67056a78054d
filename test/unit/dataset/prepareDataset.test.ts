import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sqlString, withDuckDb } from '../../../src/dataset/duckDb';
import { contentFingerprint } from '../../../src/dataset/fingerprint';
import { csvValue, dataFolder, histories, plainCsv, writeParquet } from './dataFolder';

const twoUsers = { ann: ['a', 'b', 'c'], bob: ['b', 'c', 'a'] };
const rows = [
  ['bob', 'c', '20'],
  ['ann', 'a', '1'],
  ['ann', 'c', '3'],
  ['bob', 'b', '10'],
  ['ann', 'b', '2'],
  ['bob', 'a', '30'],
] as const;
const names = ['user_id', 'item_id', 'timestamp'];
const delimited = (separator: string, header: readonly string[] = names) =>
  `${[header, ...rows].map((row) => row.join(separator)).join('\n')}\n`;
const jsonLines = rows
  .map(
    ([user_id, item_id, timestamp]) =>
      `${JSON.stringify({ user_id, item_id, timestamp: Number(timestamp) })}\n`,
  )
  .join('');

describe('formats', () => {
  test.each([
    ['comma', 'a.csv', delimited(',')],
    ['semicolon', 'a.csv', delimited(';')],
    ['bar', 'a.txt', delimited('|')],
    ['tabs', 'a.tsv', delimited('\t')],
    ['tabs in a .csv', 'a.csv', delimited('\t')],
    ['\\r\\n', 'a.csv', delimited(',').replaceAll('\n', '\r\n')],
    ['a byte order mark', 'a.csv', `\ufeff${delimited(',')}`],
    ['blank lines', 'a.csv', `\n\n${delimited(',').replaceAll('\n', '\n\n')}`],
    ['quoted names', 'a.csv', delimited(',', ['"user_id"', '"item_id"', '"timestamp"'])],
    [
      'one name twice',
      'a.csv',
      delimited(',').replace('timestamp', 'timestamp,item_id').replaceAll(/\d+$/gm, '$&,x'),
    ],
    ['no line end', 'a.csv', delimited(',').trimEnd()],
    ['gzip', 'a.csv.gz', gzipSync(delimited(','))],
    ['JSON Lines', 'a.jsonl', jsonLines],
    ['JSON Lines by content', 'a.log', jsonLines],
    ['gzipped JSON Lines', 'a.ndjson.gz', gzipSync(jsonLines)],
    ['RecBole', 'a.inter', delimited('\t', ['user_id:token', 'item_id:token', 'timestamp:float'])],
    ['RecBole by content', 'a.dat', delimited('\t', ['user_id:token', 'item_id:token', 'timestamp:float'])],
  ])('%s', async (_name, path, content) => {
    const { dataset } = await dataFolder({ [path]: content }).prepare({ path });
    expect(histories(dataset)).toEqual(twoUsers);
  });

  test('RecBole columns may be named with their type, and quotes are letters', async () => {
    const folder = dataFolder({
      'a.inter': 'user_id:token\titem_id:token\tn:float\n1\t"x\t1\n1\ty"\t2\n1\tz\t3\n2\t"x\t1\n',
    });
    const { dataset } = await folder.prepare({
      path: 'a.inter',
      columns: { user: 'user_id:token', item: 'item_id', timestamp: 'n:float' },
    });
    expect(histories(dataset)).toEqual({ 1: ['"x', 'y"', 'z'], 2: ['"x'] });
  });

  test('Parquet, with typed columns', async () => {
    const folder = dataFolder({ 'a.csv': delimited(',') });
    await writeParquet(
      join(folder.path, 'a.parquet'),
      `SELECT user_id, item_id, make_timestamp(CAST(timestamp AS BIGINT) * 1000000) AS timestamp FROM ${sqlString(join(folder.path, 'a.csv'))}`,
    );
    const { dataset } = await folder.prepare({ path: 'a.parquet' });
    expect(histories(dataset)).toEqual(twoUsers);
    expect([...dataset.times!]).toEqual([1, 2, 3, 10, 20, 30]);
  });

  test('lists and globs of files whose columns differ, in a folder with glob characters in its name', async () => {
    const lines = delimited(',').trim().split('\n');
    const folder = dataFolder(
      {
        'part-1.csv': lines.slice(0, 3).join('\n'),
        'part-2.csv': [
          'timestamp;user_id;item_id',
          ...rows.slice(2, 4).map(([user, item, time]) => `${time};${user};${item}`),
        ].join('\n'),
        'more/x.csv': [lines[0], ...lines.slice(5)].join('\n'),
      },
      'my [data] *',
    );
    const { dataset } = await folder.prepare({ path: ['part-?.csv', 'more/x.csv'] });
    expect(histories(dataset)).toEqual(twoUsers);
  });

  test('a query over files relative to the config file', async () => {
    const folder = dataFolder({
      'data/a.csv': delimited(','),
      'data/b.csv': 'user_id,item_id,timestamp\nbob,z,99',
    });
    const query =
      "SELECT *, upper(item_id) AS big FROM 'data/*.csv' WHERE timestamp < 50 -- not the newest\n;";
    const { dataset } = await folder.prepare({ query, columns: { item: 'big' } });
    expect(histories(dataset)).toEqual({ ann: ['A', 'B', 'C'], bob: ['B', 'C', 'A'] });

    expect((await folder.prepare({ query, columns: { item: 'big' } })).cached).toBe(true);
    folder.write('data/b.csv', 'user_id,item_id,timestamp\nbob,z,9');
    const changed = await folder.prepare({ query, columns: { item: 'big' } });
    expect(changed.cached).toBe(false);
    expect(histories(changed.dataset).bob).toEqual(['Z', 'B', 'C', 'A']);
  });

  test('a query that reads ids as numbers gets a warning, and text is possible', async () => {
    const folder = dataFolder({ 'a.csv': 'user_id,item_id,timestamp\n7,1,1\n7,2,2\n7,3,3\n8,1,1\n' });
    const guessed = await folder.prepare({ query: "FROM 'a.csv'" });
    expect(guessed.warnings.filter((warning) => warning.includes('leading zeros'))).toHaveLength(2);
    const text = await folder.prepare({ query: "FROM read_csv('a.csv', all_varchar = true)" });
    expect(text.warnings.filter((warning) => warning.includes('leading zeros'))).toEqual([]);
  });

  test('what does not fit in memory goes to a disk, and away again', async () => {
    const { cache } = dataFolder();
    await withDuckDb({ cacheDirectory: cache }, async (connection) => {
      await connection.run("SET memory_limit = '60MB'");
      await connection.run(
        'CREATE TEMP TABLE texts AS SELECT md5(CAST(i AS VARCHAR)) AS text FROM range(2000000) t(i)',
      );
      expect(readdirSync(cache)).toHaveLength(1);
    });
    expect(readdirSync(cache)).toEqual([]);
  });

  test('a query that names no file is never taken from the cache', async () => {
    const folder = dataFolder();
    const config = { query: 'SELECT i % 2 AS user_id, i AS item_id, i AS timestamp FROM range(10) t(i)' };
    const first = await folder.prepare(config);
    const second = await folder.prepare(config);
    expect([first.cached, second.cached]).toEqual([false, false]);
    expect(second.dataset).toEqual(first.dataset);
    expect(first.dataset.fingerprint).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe('ids', () => {
  test('keep leading zeros, and numbers too long for a number, in every format', async () => {
    const ids = ['007', '7', '9007199254740993'];
    const lines = ids.flatMap((id) => ids.map((item, index) => [id, item, String(index)]));
    const folder = dataFolder({
      'a.csv': [names, ...lines].map((row) => row.join(',')).join('\n'),
      'a.inter': [names.map((name) => `${name}:token`), ...lines].map((row) => row.join('\t')).join('\n'),
      'a.jsonl': lines
        .map(([user_id, item_id, timestamp]) => JSON.stringify({ user_id, item_id, timestamp }))
        .join('\n'),
    });
    for (const path of ['a.csv', 'a.inter', 'a.jsonl']) {
      const { dataset } = await folder.prepare({ path });
      expect(dataset.userIds).toEqual(ids);
      expect(dataset.itemIds).toEqual(['', ...ids]);
    }
  });

  test('any text survives CSV, and indices follow the ids in UTF-8 order', async () => {
    const id = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
      .filter((text) => !/^\s*$/.test(text));
    const row = fc.record({ user: id, item: id });
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 30 }), async (someRows) => {
        const known = ['p', 'q', 'r'].flatMap((item) => [
          { user: 'known', item },
          { user: 'other', item },
        ]);
        const all = [...someRows, ...known];
        const text = all.map(({ user, item }) => `${csvValue(user)},${csvValue(item)}\n`).join('');
        const folder = dataFolder({ 'a.csv': `user_id,item_id\n${text}` });
        const { dataset } = await folder.prepare({ path: 'a.csv', columns: { timestamp: null } });
        const expected = new Map<string, string[]>();
        for (const { user, item } of all) expected.set(user, [...(expected.get(user) ?? []), item]);
        expect(new Map(Object.entries(histories(dataset)))).toEqual(expected);
        expect(dataset.userIds).toEqual(
          [...dataset.userIds].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
        );
        expect(dataset.itemIds).toEqual(
          [...dataset.itemIds].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
        );
      }),
      { numRuns: 25 },
    );
  });

  test('rows without an id or a time are left out and counted', async () => {
    const folder = dataFolder({ 'a.csv': `${plainCsv()},i1,5\nu1,,5\nu1,i1,\n"",i1,7\n` });
    const { report, dataset } = await folder.prepare({ path: 'a.csv' });
    expect(report.dropped).toEqual({
      emptyIds: 3,
      missingTimes: 1,
      rating: 0,
      duplicates: 0,
      kCore: 0,
      cold: 0,
    });
    expect(report.rows).toBe(16);
    expect(dataset.items).toHaveLength(12);
    expect(report.warnings.join('\n')).toMatch(/no user or item id: 3\.[^]*no time: 1\./);
  });
});

describe('times', () => {
  const withTimes = (times: string[]) =>
    dataFolder({
      'a.csv': `user_id,item_id,timestamp\n${times.map((time, index) => `u,i${index},${csvValue(time)}\nv,i${index},${csvValue(time)}\n`).join('')}`,
    });

  test.each([
    ['seconds', ['1362062838', '1362062839.5', '1362062840'], [1362062838, 1362062839.5, 1362062840]],
    [
      'milliseconds',
      ['1362062838000', '1362062839500', '1362062840000'],
      [1362062838, 1362062839.5, 1362062840],
    ],
    [
      'microseconds',
      ['1362062838000000', '1362062839500000', '1362062840000000'],
      [1362062838, 1362062839.5, 1362062840],
    ],
    [
      'ISO dates',
      ['2013-02-28T14:47:18Z', '2013-02-28T16:47:19.5+02:00', '2013-02-28 14:47:20'],
      [1362062838, 1362062839.5, 1362062840],
    ],
    ['days', ['2013-02-28', '2013-03-01', '2013-03-02'], [1362009600, 1362096000, 1362182400]],
    ['plain counts', ['1', '2', '3'], [1, 2, 3]],
  ])('%s', async (unit, times, seconds) => {
    const { dataset, warnings } = await withTimes(times).prepare({ path: 'a.csv' });
    expect([...dataset.times!.subarray(0, 3)]).toEqual(seconds);
    expect(warnings.some((warning) => warning.includes('were read as'))).toBe(/^m/.test(unit));
  });

  test('negative and far times are kept with a warning', async () => {
    const { dataset, warnings } = await withTimes(['-5', '100', '4200000000']).prepare({ path: 'a.csv' });
    expect([...dataset.times!.subarray(0, 3)]).toEqual([-5, 100, 4200000000]);
    expect(warnings.join('\n')).toMatch(/before 1970[^]*after the year 2100/);
  });

  test('without a time column the rows are in order, over files too', async () => {
    const folder = dataFolder({
      'b.csv': 'user_id,item_id\nu,2\nv,2\nu,9\n',
      'a.csv': 'user_id,item_id\nu,5\nv,1\nu,1\n',
    });
    const { dataset, report } = await folder.prepare({ path: '*.csv', columns: { timestamp: null } });
    expect(histories(dataset)).toEqual({ u: ['5', '1', '2', '9'], v: ['1', '2'] });
    expect(dataset.times).toBeNull();
    expect(report.timeRange).toBeNull();
  });

  test('ties keep one order for a seed, whatever the order of the rows', async () => {
    const lines = ['a', 'b', 'c'].flatMap((user) =>
      Array.from({ length: 9 }, (_, item) => `${user},i${item},5\n`),
    );
    const order = async (someLines: string[], seed: number) => {
      const folder = dataFolder({ 'a.csv': `user_id,item_id,timestamp\n${someLines.join('')}` });
      const { dataset, warnings } = await folder.prepare({ path: 'a.csv' }, { seed });
      expect(warnings.some((warning) => warning.includes('share their time'))).toBe(true);
      return histories(dataset);
    };
    const first = await order(lines, 1);
    expect(await order([...lines].reverse(), 1)).toEqual(first);
    expect(await order(lines, 2)).not.toEqual(first);
    // Each user has an order of its own: otherwise leave-one-out would hold out the same item for all.
    expect(first.a).not.toEqual(first.b);
  });

  test('rows keep their order when several threads read them', async () => {
    const folder = dataFolder();
    await withDuckDb({ cacheDirectory: folder.cache }, (connection) =>
      connection.run(
        `COPY (SELECT hash(i) % 1000 AS user_id, hash(i + 1) % 500 AS item_id, i AS timestamp, repeat('x', 40) AS filler FROM range(400000) t(i))
         TO ${sqlString(join(folder.path, 'a.csv'))}`,
      ),
    );
    const byTime = await folder.prepare({ path: 'a.csv' });
    const byRow = await folder.prepare({ path: 'a.csv', columns: { timestamp: null } }, { threads: 4 });
    expect(byRow.dataset.items.length).toBe(400_000);
    expect(contentFingerprint({ ...byTime.dataset, times: null })).toBe(contentFingerprint(byRow.dataset));
  });

  test('the result does not depend on the number of threads', async () => {
    const folder = dataFolder({ 'unused.csv': '' });
    await writeParquet(
      join(folder.path, 'a.parquet'),
      "SELECT 'u' || hash(i) % 5000 AS user_id, 'i' || hash(i + 1) % 900 AS item_id, hash(i + 2) % 50 AS timestamp FROM range(150000) t(i)",
    );
    for (const timestamp of [null, 'timestamp']) {
      const prepare = (threads: number) =>
        folder.prepare(
          { path: 'a.parquet', columns: { timestamp }, minItemInteractions: 160 },
          { threads, cacheDirectory: join(folder.path, `cache-${threads}`) },
        );
      const one = await prepare(1);
      const four = await prepare(4);
      expect(four.cached).toBe(false);
      expect(four.dataset.items.length).toBeGreaterThan(50_000);
      // Comparing arrays of this length with toEqual takes seconds.
      expect(contentFingerprint(four.dataset)).toBe(contentFingerprint(one.dataset));
    }
  });
});

describe('filters', () => {
  test('a rating below the least, or none, is left out', async () => {
    const folder = dataFolder({
      'a.csv': 'user_id,item_id,stars\nu,a,5\nu,b,2.5\nu,c,4\nu,d,\nu,e,4.5\nv,a,4\nv,b,3\n',
    });
    const { dataset, report } = await folder.prepare({
      path: 'a.csv',
      minRating: 4,
      columns: { timestamp: null, rating: 'stars' },
    });
    expect(histories(dataset)).toEqual({ u: ['a', 'c', 'e'], v: ['a'] });
    expect(report.dropped.rating).toBe(3);
  });

  test.each([
    ['keepAll', ['a', 'b', 'a', 'c', 'a', 'a'], 0],
    ['keepFirst', ['a', 'b', 'c'], 3],
    ['keepLast', ['b', 'c', 'a'], 3],
  ] as const)('duplicates: %s', async (duplicates, expected, dropped) => {
    const folder = dataFolder({
      'a.csv': 'user_id,item_id,timestamp\nu,a,9\nu,a,9\nu,a,1\nu,b,2\nu,a,3\nu,c,4\nv,a,1\nv,b,2\n',
    });
    const { dataset, report } = await folder.prepare({ path: 'a.csv', duplicates });
    expect(histories(dataset)).toEqual({ u: expected, v: ['a', 'b'] });
    expect(report.dropped.duplicates).toBe(dropped);
    expect(report.warnings.some((warning) => warning.includes('repeats another one'))).toBe(
      duplicates === 'keepAll',
    );
  });
});

describe('titles', () => {
  test('come from the item table, the first of several; the id stands in for a missing one', async () => {
    const folder = dataFolder({
      'a.csv': plainCsv(),
      'items.csv': 'id,name\ni1,"One, the first"\ni1,Other\ni2,\ni9,Unused\ni3,Three\n',
    });
    const config = { path: 'a.csv', items: { path: 'items.csv', id: 'id', title: 'name' } };
    const { dataset, warnings } = await folder.prepare(config);
    expect(dataset.itemTitles).toEqual(['', 'i0', 'One, the first', 'i2', 'Three']);
    expect(warnings.join('\n')).toContain('2 of 4 items have no title in `items.csv`');
    folder.write('items.csv', 'id,name\ni0,Zero\n');
    expect((await folder.prepare(config)).dataset.itemTitles).toEqual(['', 'Zero', 'i1', 'i2', 'i3']);
  });
});

describe('data of the project', () => {
  test('the sample has what its README says', async () => {
    const folder = dataFolder();
    const { dataset, report } = await folder.prepare(
      { path: 'interactions.csv.gz', items: { path: 'items.csv' }, columns: { rating: 'rating' } },
      { baseDirectory: resolve('samples/movietweetings') },
    );
    expect([report.interactions, report.users, report.items]).toEqual([68_055, 4_333, 2_414]);
    expect(report.timeRange!.map((time) => new Date(time * 1000).toISOString().slice(0, 10))).toEqual([
      '2013-02-28',
      '2013-09-01',
    ]);
    expect(report.split).toMatchObject({ training: 68_055 - 2 * 4_333, validation: 4_333, test: 4_333 });
    expect(report.checks.map(({ code }) => code)).toEqual(['data/time-order']);
    expect(dataset.itemIds[1]).toBe('0013442');
    expect(dataset.itemTitles![1]).toBe('Nosferatu, eine Symphonie des Grauens (1922)');
    expect(dataset.itemTitles!.every((title, item) => item === 0 || title !== dataset.itemIds[item])).toBe(
      true,
    );
  });

  const mlFolder = resolve('../shared/data/ml-100k');
  const present = existsSync(mlFolder);
  if (!present) console.warn('The test of ml-100k is skipped: the data are not here and may not be shipped.');
  test.skipIf(!present)('ml-100k, as RecBole has it', async () => {
    const { dataset, report } = await dataFolder().prepare(
      { path: 'ml-100k.inter', items: { path: 'ml-100k.item', title: 'movie_title' } },
      { baseDirectory: mlFolder },
    );
    expect([report.interactions, report.users, report.items]).toEqual([100_000, 943, 1_682]);
    expect(dataset.itemTitles![dataset.itemIds.indexOf('1')]).toBe('Toy Story');
  });
});
