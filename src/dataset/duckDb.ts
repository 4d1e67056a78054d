import { randomBytes } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type * as DuckDb from '@duckdb/node-api';
import { DatasetError } from './datasetError';

/** A line or JSON object longer than this is an error, not data. DuckDB's buffers grow with it, so it also bounds memory. */
export const MAX_LINE_BYTES = 2 * 1024 * 1024;

const INTERRUPT_MS = 50;
/** Those of the connections that are open. */
const signals = new WeakMap<DuckDb.DuckDBConnection, AbortSignal>();

export interface DuckDbOptions {
  /** Where DuckDB may put what does not fit in memory; a directory of its own is made in it only when needed. */
  cacheDirectory: string;
  /** Default: the processor's, at most 4. Results do not depend on it. */
  threads?: number;
  /** Aborting interrupts the query that runs; its reason is thrown then. */
  signal?: AbortSignal | undefined;
}

/** Gives a connection where one is needed: most files are looked at without DuckDB, which takes a while to start. */
export type Connect = () => Promise<DuckDb.DuckDBConnection>;

/**
 * Runs `use` with a fresh in-memory DuckDB that never reaches for the network, and closes it afterwards.
 * What DuckDB throws comes out as {@link DatasetError}.
 */
export async function withDuckDb<T>(
  options: DuckDbOptions,
  use: (connection: DuckDb.DuckDBConnection) => Promise<T>,
): Promise<T> {
  const { DuckDBInstance } = await loadDuckDb();
  // DuckDB makes its own directory, but not those above it.
  const parent = await mkdir(options.cacheDirectory, { recursive: true }).then(
    () => options.cacheDirectory,
    () => tmpdir(),
  );
  const spill = join(parent, `tmp-${process.pid}-${randomBytes(4).toString('hex')}`);
  const instance = await DuckDBInstance.create(':memory:', {
    threads: String(options.threads ?? Math.min(4, availableParallelism())),
    memory_limit: '1GB',
    temp_directory: spill,
    // Without these, a query that names an address would download an extension.
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    allow_community_extensions: 'false',
  });
  const connection = await instance.connect();
  if (options.signal) signals.set(connection, options.signal);
  const stopInterrupting = interruptOn(options.signal, connection);
  try {
    options.signal?.throwIfAborted();
    // Dates without a zone are read as UTC, on every machine.
    await connection.run("SET TimeZone = 'UTC'");
    return await use(connection);
  } catch (error) {
    options.signal?.throwIfAborted();
    throw datasetErrorFrom(error);
  } finally {
    stopInterrupting();
    connection.closeSync();
    instance.closeSync();
    await rm(spill, { recursive: true, force: true }).catch(() => undefined);
  }
}

/** Interrupts queries as soon as the signal is aborted, again and again: the abort may fall between two of them. */
function interruptOn(signal: AbortSignal | undefined, connection: DuckDb.DuckDBConnection): () => void {
  let timer: NodeJS.Timeout | undefined;
  const interrupt = () => {
    connection.interrupt();
    timer = setInterval(() => connection.interrupt(), INTERRUPT_MS);
  };
  signal?.addEventListener('abort', interrupt, { once: true });
  return () => {
    signal?.removeEventListener('abort', interrupt);
    clearInterval(timer);
  };
}

/** Loaded when it is needed: it is big, and a machine without its native part can still do everything else. */
async function loadDuckDb(): Promise<typeof DuckDb> {
  try {
    return await import('@duckdb/node-api');
  } catch (error) {
    const reason = (error as Error).message.split('\n')[0]!;
    throw new DatasetError(
      'dataset/no-duckdb',
      `DuckDB, which reads the data, cannot be loaded on this machine (${process.platform}-${process.arch}): ${reason}. ` +
        'Install RecSight’s packages again, on this machine (`npm ci`).',
    );
  }
}

/** All rows of a small result, as arrays of values. */
export async function readRows(connection: DuckDb.DuckDBConnection, sql: string): Promise<unknown[][]> {
  const reader = await connection.runAndReadAll(sql);
  return reader.getRows();
}

/** A large result, part by part. Stops, other than DuckDB itself, between them when the connection's signal is aborted. */
export async function* chunksOf(
  connection: DuckDb.DuckDBConnection,
  sql: string,
): AsyncGenerator<DuckDb.DuckDBDataChunk, void> {
  const result = await connection.stream(sql);
  const signal = signals.get(connection);
  for (
    let chunk = await result.fetchChunk();
    chunk && chunk.rowCount > 0;
    chunk = await result.fetchChunk()
  ) {
    yield chunk;
    signal?.throwIfAborted();
  }
}

export function sqlString(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

export function sqlName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Makes DuckDB take a path literally where it would otherwise see a glob. */
export function escapeGlob(path: string): string {
  return path.replace(/[*?[]/g, (character) => `[${character}]`);
}

/**
 * Says in the user's terms what DuckDB threw. `subject` is what was being read, for messages that name no file.
 * A DatasetError comes back as it is.
 */
export function datasetErrorFrom(error: unknown, subject = 'The data'): DatasetError {
  if (error instanceof DatasetError) return error;
  if (!(error instanceof Error)) throw error;
  const text = error.message;
  const firstLine = (text.split('\n')[0] ?? '').replace(/^[A-Z][A-Za-z ]* Error: /, '');
  const file =
    /^ {2}file = (.*)$/m.exec(text)?.[1] ?? /file "([^"]+)"/.exec(text)?.[1] ?? /'(\/[^']+)'/.exec(text)?.[1];
  const line = /CSV Error on Line: (\d+)/.exec(text)?.[1] ?? /in line (\d+)/.exec(text)?.[1];
  const where = `${file === undefined ? subject : basename(file)}${line === undefined ? '' : `, line ${line}`}`;

  if (/sniffing file/.test(text)) {
    return new DatasetError(
      'dataset/bad-query',
      `${where}: \`read_csv\` cannot detect the separator. Name it in the query, for example with \`delim = '::'\`, or read the file with \`path\` and \`separator\`.`,
    );
  }
  if (/requires the extension|HTTP/.test(text)) {
    return new DatasetError(
      'dataset/remote-file',
      'The data is on the network or in a format this build cannot read. Download it, or convert it to CSV or Parquet.',
    );
  }
  const values = /Expected Number of Columns: (\d+) Found: (\d+)/.exec(text);
  if (values) {
    return new DatasetError(
      'dataset/malformed-csv',
      `${where}: found ${values[2]!} values, expected ${values[1]!} as in the header. ` +
        'Complete the line; values that hold the separator need double quotes around them.',
    );
  }
  if (/Invalid unicode|Invalid UTF-?8|not utf-8|invalid UTF-8/i.test(text)) {
    return new DatasetError(
      'dataset/not-utf8',
      `${where}: found bytes that are not UTF-8. Save the file as UTF-8 (for example: iconv -f latin1 -t utf-8).`,
    );
  }
  if (
    /maximum line size|maximum_object_size|does not support a full read|not support a full read/i.test(text)
  ) {
    return new DatasetError('dataset/line-too-long', lineTooLong(where));
  }
  if (/unterminated quote/i.test(text)) {
    return new DatasetError(
      'dataset/malformed-csv',
      `${where}: found a double quote that is never closed, or text after a closing one. ` +
        'Close it, and write a double quote inside a value twice (""); if quotes are part of the text in this file, set `quote` beside its `path` to "".',
    );
  }
  if (/CSV Error|invalid state/i.test(text)) {
    return new DatasetError(
      'dataset/malformed-csv',
      `${where}: cannot be read as CSV. Expected values in one style of double quotes and line ends of one kind ` +
        '(\\n or \\r\\n, not both). Write the file again with one CSV library.',
    );
  }
  if (/JSON/.test(text) && /Malformed|transform error|Invalid Input/.test(text)) {
    return new DatasetError(
      'dataset/malformed-json',
      `${where}: cannot be read as JSON Lines. Expected one JSON object per line.`,
    );
  }
  if (/GZIP/i.test(text)) {
    return new DatasetError(
      'dataset/not-gzip',
      `${firstLine}. The name ends in .gz: compress the file, or rename it.`,
    );
  }
  if (/No magic bytes|parquet|Snappy|TProtocol/i.test(text) && !/Binder|Catalog|Parser/.test(text)) {
    return new DatasetError(
      'dataset/malformed-parquet',
      `${where}: cannot be read as Parquet; the file is damaged or of another format.`,
    );
  }
  if (/Out of Memory/i.test(text)) {
    return new DatasetError(
      'dataset/out-of-memory',
      'The data do not fit in memory, nor in the space left on the disk that holds .recsight. Free some space, or select fewer rows with `dataset.query`.',
    );
  }
  if (/No space left|disk (is )?full/i.test(text)) {
    return new DatasetError(
      'dataset/disk-full',
      'The disk that holds .recsight is full. Free some space and start again.',
    );
  }
  return new DatasetError('dataset/unreadable', `${subject} cannot be read: ${firstLine}`);
}

export function lineTooLong(where: string): string {
  return (
    `${where}: found a line longer than ${MAX_LINE_BYTES / 1024 / 1024} MB, far beyond any interaction. ` +
    'Look for missing line ends or a double quote that is never closed.'
  );
}
