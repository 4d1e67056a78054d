import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { configSchema } from '../../../src/config/schema';
import { withDuckDb } from '../../../src/dataset/duckDb';
import { openSource } from '../../../src/dataset/openSource';
import { dataFolder, plainCsv } from './dataFolder';

const ROWS = "SELECT * FROM 'a.csv'";

describe('a query of a config', () => {
  test.each([
    ['a file by its name', ROWS],
    ['a function', "SELECT * FROM read_csv('a.csv', all_varchar = true)"],
    [
      'a CTE, a join and a window',
      "WITH a AS (FROM 'a.csv') SELECT a.* FROM a, range(1) QUALIFY row_number() OVER () > 0",
    ],
    ['brackets and a comment', `(${ROWS}) -- all of it`],
  ])('may read: %s', async (_, query) => {
    const { dataset } = await dataFolder({ 'a.csv': plainCsv() }).prepare({ query });
    expect(dataset.items).toHaveLength(12);
  });

  test.each([
    ['COPY', (target: string) => `COPY (${ROWS}) TO '${target}'`],
    ['EXPORT', (target: string) => `EXPORT DATABASE '${target}'`],
    ['ATTACH', (target: string) => `ATTACH '${target}'`],
    ['LOAD', (target: string) => `LOAD '${target}'`],
    ['SET', (target: string) => `SET home_directory = '${target}'`],
    ['CREATE', (target: string) => `CREATE TABLE t AS FROM '${target}'`],
    ['PRAGMA', () => 'PRAGMA enable_profiling'],
    ['CALL', (target: string) => `CALL enable_logging(storage = 'file', storage_path = '${target}')`],
    ['EXPLAIN ANALYZE', () => `EXPLAIN ANALYZE ${ROWS}`],
  ])('is no %s', async (_, query) => {
    const folder = dataFolder({ 'a.csv': plainCsv() });
    const target = join(folder.path, 'target');
    await expect(folder.prepare({ query: query(target) })).rejects.toMatchObject({
      code: 'dataset/bad-query',
      message: expect.stringMatching(/`dataset\.query` cannot run: .*SELECT/) as string,
    });
    expect(existsSync(target)).toBe(false);
  });

  test.each([
    ['in FROM', (call: string) => `SELECT a.* FROM 'a.csv' a, ${call}`],
    [
      'in a subquery of a CTE',
      (call: string) => `WITH l AS (SELECT (SELECT count(*) FROM ${call}) n) SELECT a.* FROM 'a.csv' a, l`,
    ],
    ['by its full name', (call: string) => `SELECT a.* FROM 'a.csv' a, system.main.${call}`],
    ['in capitals', (call: string) => `SELECT a.* FROM 'a.csv' a, ${call.replace('enable', 'ENABLE')}`],
    ['in text', (call: string) => `SELECT a.* FROM 'a.csv' a, query('FROM ${call.replaceAll("'", "''")}')`],
  ])('calls no function that writes: %s', async (_, query) => {
    const folder = dataFolder({ 'a.csv': plainCsv() });
    const target = join(folder.path, 'log');
    const call = `enable_logging(storage = 'file', storage_path = '${target}')`;
    await expect(folder.prepare({ query: query(call) })).rejects.toMatchObject({
      code: 'dataset/bad-query',
      message: expect.stringMatching(
        /may not use the table function `(enable_logging|ENABLE_LOGGING|query)`/,
      ) as string,
    });
    expect(existsSync(target)).toBe(false);
  });
});

test('what DuckDB may do cannot be changed once a config is read', async () => {
  const folder = dataFolder({ 'a.csv': plainCsv() });
  const config = configSchema.shape.dataset.parse({ path: 'a.csv' });
  const changed = withDuckDb({ cacheDirectory: folder.cache }, async (connection) => {
    await openSource(connection, config, folder.path);
    await connection.run('SET autoload_known_extensions = true');
  });
  await expect(changed).rejects.toThrow(/configuration has been locked/);
});
