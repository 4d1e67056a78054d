import { readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { dataFolder, histories, plainCsv, writeParquet } from './dataFolder';

const header = 'user_id,item_id,timestamp\n';
/** Three rows of a user. */
const rowsOf = (user: string) => [1, 2, 3].map((time) => `${user},i${time},${time}\n`).join('');

describe('the result of a query', () => {
  const said = /^The result of the query is not cached and is recomputed each time: (.*)\.$/;

  test.each([
    ["SELECT * FROM 'a.csv' WHERE now() IS NOT NULL", 'it calls `now()`'],
    ["SELECT * FROM 'a.csv' WHERE random() < 2", 'it calls `random()`'],
    ["SELECT * FROM 'a.csv' WHERE current_date > '2000-01-01'", 'it asks for `current_date`'],
    ["SELECT * FROM (SELECT * FROM 'a.csv' WHERE ago(INTERVAL 1 DAY) IS NOT NULL)", 'it calls `ago()`'],
    ["SELECT * FROM 'a.csv' USING SAMPLE 100 PERCENT (bernoulli)", 'it draws a sample'],
    [
      "SELECT * FROM 'a.csv' UNION ALL SELECT * FROM read_csv(concat('b', '.csv'))",
      'it names the files of `read_csv` by an expression',
    ],
    [
      "SELECT * FROM 'a.csv' UNION ALL SELECT * FROM read_csv(['a.csv', 'b' || '.csv'])",
      'it names the files of `read_csv` by an expression',
    ],
  ])('is made anew each time, and that is said: %s', async (query, reason) => {
    const folder = dataFolder({ 'a.csv': plainCsv(), 'b.csv': header + rowsOf('b') });
    for (let time = 0; time < 2; time++) {
      const { cached, warnings } = await folder.prepare({ query });
      expect(cached).toBe(false);
      expect(warnings.map((warning) => said.exec(warning)?.[1])).toContain(`\`dataset.query\`: ${reason}`);
    }
    expect(readdirSync(folder.cache)).toEqual([]);
    const forRun = await folder.prepare({ query }, { forRun: true });
    expect(readdirSync(folder.cache)).toEqual([forRun.dataset.fingerprint]);
  });

  test.each([
    ["SELECT * FROM 'a.csv'", []],
    ['SELECT * FROM "a.csv" WHERE user_id <> \'now()\'', []],
    ["SELECT * FROM read_csv(['./a.csv'], all_varchar = true)", []],
    ["WITH rows AS (SELECT * FROM '*.csv') SELECT *, upper(user_id) AS now FROM rows", ['a', 'b']],
  ])('is kept as long as its files are the same: %s', async (query, more) => {
    const folder = dataFolder({ 'a.csv': plainCsv() });
    const { dataset, warnings } = await folder.prepare({ query });
    expect(warnings.join('\n')).not.toMatch(/anew/);
    expect((await folder.prepare({ query })).cached).toBe(true);
    folder.write('a.csv', header + rowsOf('a') + rowsOf('c'));
    folder.write('b.csv', header + rowsOf('b'));
    const changed = await folder.prepare({ query });
    expect(changed.cached).toBe(false);
    expect(changed.dataset.fingerprint).not.toBe(dataset.fingerprint);
    expect(changed.dataset.userIds).toEqual(expect.arrayContaining(more.length > 0 ? more : ['a', 'c']));
  });

  test('is kept wherever the process stands, and is never that of a file of another folder', async () => {
    const query = "SELECT * FROM read_csv('a.csv')";
    const folder = dataFolder({ 'a.csv': plainCsv() });
    const other = dataFolder({ 'a.csv': header + rowsOf('other') });
    const started = process.cwd();
    try {
      process.chdir(folder.path);
      await folder.prepare({ query });
      expect((await folder.prepare({ query })).cached).toBe(true);
      process.chdir(other.path);
      expect((await folder.prepare({ query })).cached).toBe(true);
      folder.write('a.csv', header + rowsOf('changed'));
      await expect(folder.prepare({ query })).rejects.toMatchObject({
        code: 'dataset/bad-query',
        message: expect.stringContaining(other.path) as string,
      });
    } finally {
      process.chdir(started);
    }
  });

  test('depends on the names of its files, which it may read', async () => {
    const folder = dataFolder();
    for (const country of ['NO', 'SE']) {
      folder.write(`country=${country}/x`, '');
      const row = `SELECT '${country}' || i % 3 AS item_id, i % 3 AS timestamp FROM range(3) t(i)`;
      await writeParquet(join(folder.path, `country=${country}`, 'a.parquet'), row);
    }
    const config = { query: "FROM '*/a.parquet'", columns: { user: 'country' } };
    expect((await folder.prepare(config)).dataset.userIds).toEqual(['NO', 'SE']);
    renameSync(join(folder.path, 'country=NO'), join(folder.path, 'country=DK'));
    expect((await folder.prepare(config)).dataset.userIds).toEqual(['DK', 'SE']);
  });
});

test.each([
  ['a.dat', "read_csv('a.dat', delim = '::', header = true)"],
  ['a.unknown', "read_csv('a.unknown', delim = '::', header = true)"],
])('leading zeros that a query of %s loses are named', async (name, from) => {
  const folder = dataFolder({
    [name]: `${header}007,1,1\n007,2,2\n007,3,3\n8,1,1\n`.replaceAll(',', '::'),
  });
  const { warnings } = await folder.prepare({ query: `SELECT * FROM ${from}` });
  expect(warnings.join('\n')).toMatch(/reads the ids in `item_id` as BIGINT, which drops leading zeros/);
});

test('ids that a query takes for truth values or dates are named', async () => {
  const rows = [1, 2, 3].map((time) => `2013-1-${time},${time > 1 ? 'T' : 'false'},${time}\n2013-1-1,f,9\n`);
  const folder = dataFolder({ 'a.csv': `${header}${rows.join('')}` });
  const { warnings } = await folder.prepare({ query: "FROM 'a.csv'" });
  expect(warnings.join('\n')).toMatch(
    /`user_id` as DATE.*\n.*`item_id` as BOOLEAN, which converts them to `true`/,
  );
});

describe('without a time column', () => {
  const columns = { timestamp: null };
  const folder = () =>
    dataFolder({
      'a.csv': `${header}u,c,3\nu,a,1\nu,b,2\nv,b,1\nv,a,2\nv,c,3\n`,
      'b.csv': 'user_id,town\nu,x\nv,y\n',
    });

  test.each([
    ["SELECT DISTINCT * FROM 'a.csv'", 'DISTINCT'],
    ["SELECT user_id, item_id, timestamp FROM 'a.csv' GROUP BY ALL", 'GROUP BY'],
    ["SELECT * FROM 'a.csv' JOIN 'b.csv' USING (user_id)", 'a join'],
    ["SELECT * FROM 'a.csv' UNION SELECT * FROM 'a.csv'", 'UNION'],
    ["SELECT *, row_number() OVER (PARTITION BY user_id ORDER BY item_id) FROM 'a.csv'", 'a window function'],
    ["SELECT * FROM (SELECT DISTINCT * FROM 'a.csv') WHERE item_id <> 'x' LIMIT 6", 'DISTINCT'],
  ])('a query that loses the order is refused: %s', async (query, what) => {
    await expect(folder().prepare({ query, columns })).rejects.toMatchObject({
      code: 'dataset/no-order',
      message: expect.stringMatching(new RegExp(`no order: .*${what}.* does not keep it`)) as string,
    });
    await expect(folder().prepare({ query })).resolves.toBeTruthy();
  });

  test.each([
    ["SELECT * FROM 'a.csv'", ['c', 'a', 'b'], false],
    ["SELECT * FROM 'a.csv' WHERE item_id <> 'x' UNION ALL SELECT 'w', 'a', 1", ['c', 'a', 'b'], false],
    ["SELECT user_id, unnest(['x', item_id]) AS item_id FROM 'a.csv'", ['x', 'c', 'x', 'a', 'x', 'b'], false],
    ["SELECT DISTINCT * FROM 'a.csv' ORDER BY timestamp", ['a', 'b', 'c'], true],
  ])('the order of files and of ORDER BY holds: %s', async (query, items, sorts) => {
    const { dataset, warnings } = await folder().prepare({ query, columns });
    expect(histories(dataset).u).toEqual(items);
    expect(warnings.join('\n').includes('those that it leaves equal come in any order')).toBe(sorts);
  });
});
