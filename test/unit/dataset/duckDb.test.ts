import { expect, test, vi } from 'vitest';
import { escapeGlob, sqlName, sqlString, withDuckDb } from '../../../src/dataset/duckDb';

test('text is quoted for SQL', () => {
  expect(sqlString("it's")).toBe("'it''s'");
  expect(sqlName('a "b"')).toBe('"a ""b"""');
  expect(escapeGlob('/a [b]/*.csv?')).toBe('/a [[]b]/[*].csv[?]');
});

test('a machine without DuckDB gets a message that says so', async () => {
  vi.doMock('@duckdb/node-api', () => {
    throw new Error("Cannot find module '@duckdb/node-bindings-plan9-x64'\nRequire stack: …");
  });
  await expect(withDuckDb({ cacheDirectory: '/nowhere' }, () => Promise.resolve())).rejects.toMatchObject({
    code: 'dataset/no-duckdb',
    message: expect.stringMatching(/^DuckDB.*cannot be loaded.*npm ci/) as string,
  });
});
