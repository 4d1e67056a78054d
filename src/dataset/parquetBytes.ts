import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { sqlName, sqlString, withDuckDb } from './duckDb';

/** A column of a file. */
export interface ParquetColumn {
  name: string;
  type: 'text' | 'integer' | 'float';
}

const SQL_TYPES = { text: 'VARCHAR', integer: 'INTEGER', float: 'FLOAT' } as const;

/**
 * A Parquet file of the rows, in their order, piece by piece. DuckDB holds the rows meanwhile, and puts on the disk what does not
 * fit in its memory.
 * @param rows values in the order of the columns
 * @param cacheDirectory where temporary files may be
 * @throws DatasetError where DuckDB cannot be loaded, or the disk is full
 */
export async function* parquetBytes(
  columns: readonly ParquetColumn[],
  rows: AsyncIterable<readonly (string | number)[]>,
  cacheDirectory: string,
): AsyncGenerator<Uint8Array> {
  await mkdir(cacheDirectory, { recursive: true });
  const file = path.join(cacheDirectory, `tmp-${process.pid}-${randomBytes(4).toString('hex')}.parquet`);
  try {
    await withDuckDb({ cacheDirectory }, async (connection) => {
      const declared = columns.map(({ name, type }) => `${sqlName(name)} ${SQL_TYPES[type]}`);
      await connection.run(`CREATE TABLE rows (${declared.join(', ')})`);
      const appender = await connection.createAppender('rows');
      for await (const row of rows) {
        columns.forEach(({ type }, column) => {
          const value = row[column]!;
          if (type === 'integer') appender.appendInteger(Number(value));
          else if (type === 'float') appender.appendFloat(Number(value));
          else appender.appendVarchar(String(value));
        });
        appender.endRow();
      }
      appender.closeSync();
      await connection.run(`COPY rows TO ${sqlString(file)} (FORMAT parquet, COMPRESSION zstd)`);
    });
    yield* createReadStream(file) as AsyncIterable<Buffer>;
  } finally {
    await rm(file, { force: true });
  }
}
