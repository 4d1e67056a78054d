import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { DatasetError } from './datasetError';
import { MAX_LINE_BYTES } from './duckDb';

/** How much of a file is looked at for its format and its columns, unless its first line is longer. */
const HEAD_BYTES = 64 * 1024;

/** The first bytes of a file, at least one line of them, unpacked where the name ends in .gz. */
export async function readHead(path: string, label: string): Promise<Buffer> {
  const file = createReadStream(path);
  const stream = /\.gz$/i.test(path) ? file.pipe(createGunzip()) : file;
  file.on('error', (error) => stream.destroy(error));
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      length += chunk.length;
      if (length >= MAX_LINE_BYTES || (length >= HEAD_BYTES && chunk.includes('\n'))) break;
    }
  } catch (error) {
    throw gzipError(label, error);
  } finally {
    file.destroy();
  }
  return Buffer.concat(chunks);
}

/**
 * Reads a .gz file to its end, because DuckDB takes one that was cut off for a shorter one.
 * Throws a DatasetError when it is damaged.
 */
export async function verifyGzip(path: string): Promise<void> {
  try {
    await pipeline(
      createReadStream(path, { highWaterMark: 1 << 20 }),
      createGunzip({ chunkSize: 1 << 20 }),
      new Writable({ write: (_chunk, _encoding, done) => done() }),
    );
  } catch (error) {
    throw gzipError(basename(path), error);
  }
}

function gzipError(label: string, error: unknown): DatasetError {
  return (error as NodeJS.ErrnoException).code?.startsWith('Z_')
    ? new DatasetError(
        'dataset/not-gzip',
        `${label} cannot be unpacked, though its name ends in .gz: it is cut off, damaged or not compressed. Compress it again, or rename it.`,
      )
    : new DatasetError('dataset/unreadable', `${label} cannot be read: ${(error as Error).message}.`);
}
