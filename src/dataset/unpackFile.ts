import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { systemReason } from '../protocol/errorText';
import type { Compression } from './dataFile';
import { DatasetError } from './datasetError';
import { MAX_LINE_BYTES } from './duckDb';
import { isWholeZstd, unpackZstd } from './unpackZstd';

/** How much of a file is looked at for its format and its columns, unless its first line is longer. */
const HEAD_BYTES = 64 * 1024;
const CHUNK_BYTES = 1 << 20;
/** File name endings that say how a file is compressed. */
export const COMPRESSED_NAME = /\.(gz|zst)$/i;

/** Formats that hold no rows as they are: how their first bytes look, what they are and what to do. */
const FOREIGN: readonly [string, string, string][] = [
  ['PK\x03\x04', 'a zip archive (or an Excel workbook)', 'Unpack it, or export the sheet as CSV'],
  ['BZh', 'compressed with bzip2', 'Unpack it (bunzip2)'],
  ['\xfd7zXZ', 'compressed with xz', 'Unpack it (unxz)'],
  ['7z\xbc\xaf', 'a 7-Zip archive', 'Unpack it'],
  ['Rar!', 'a RAR archive', 'Unpack it'],
  ['\x89HDF', 'an HDF5 file', 'Export the table as Parquet or CSV'],
  ['SQLite format 3', 'a SQLite database', 'Export the table as CSV'],
  ['ORC', 'an ORC file', 'Export the table as Parquet'],
  ['ARROW1', 'an Arrow (Feather) file', 'Export the table as Parquet'],
  ['\x80\x04\x95', 'a Python pickle', 'Export the table as Parquet or CSV'],
  ['\x80\x05\x95', 'a Python pickle', 'Export the table as Parquet or CSV'],
  ['\x93NUMPY', 'a NumPy array', 'Export the table as Parquet or CSV'],
  ['%PDF', 'a PDF document', 'Export its table as CSV'],
  ['\xd0\xcf\x11\xe0', 'an old Excel workbook', 'Export the sheet as CSV'],
];

/** The first bytes of a file, unpacked, at least one line of them; and how it is compressed, which its own first bytes tell. */
export async function readHead(
  path: string,
  label: string,
): Promise<{ head: Buffer; compression: Compression | null }> {
  await requireFile(path, label);
  const magic = await readStart(path, label);
  const compression = compressionOf(magic);
  refuseForeign(magic, label);
  const ending = COMPRESSED_NAME.exec(path)?.[0];
  if (ending !== undefined && compression === null && magic.length > 0) throw notPacked(label, ending);
  const head = await collect(unpackFile(path, label, compression));
  if (compression !== null) refuseForeign(head, `${label}, unpacked,`);
  return { head, compression };
}

/**
 * The bytes of a file, unpacked.
 * @throws DatasetError when it cannot be read, or is damaged or cut off
 */
export async function* unpackFile(
  path: string,
  label: string,
  compression: Compression | null,
): AsyncGenerator<Buffer> {
  if (compression === 'zstd') {
    if (!(await isWholeZstd(path))) throw notPacked(label, COMPRESSED_NAME.exec(path)?.[0] ?? '.zst');
    yield* unpackZstd(path);
    return;
  }
  const file = createReadStream(path, { highWaterMark: CHUNK_BYTES });
  const stream = compression === null ? file : file.pipe(createGunzip({ chunkSize: CHUNK_BYTES }));
  file.on('error', (error) => stream.destroy(error));
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) yield chunk;
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code?.startsWith('Z_')
      ? notPacked(label, COMPRESSED_NAME.exec(path)?.[0] ?? '.gz')
      : unreadable(label, error);
  } finally {
    file.destroy();
  }
}

async function collect(chunks: AsyncIterable<Buffer>): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    parts.push(chunk);
    length += chunk.length;
    if (length >= MAX_LINE_BYTES || (length >= HEAD_BYTES && chunk.includes('\n'))) break;
  }
  const head = Buffer.concat(parts);
  // Chunks are large: what follows the line that crosses the limit is not needed.
  const end = length > HEAD_BYTES ? head.indexOf('\n', HEAD_BYTES) : -1;
  return end < 0 ? head : head.subarray(0, end + 1);
}

/** A pipe keeps its reader waiting for ever, and what comes from a device may have no end. What is not there is told by who opens it. */
async function requireFile(path: string, label: string): Promise<void> {
  const found = await stat(path).catch(() => null);
  if (found === null || found.isFile() || found.isDirectory()) return;
  const what = found.isFIFO() ? 'a pipe' : found.isSocket() ? 'a socket' : 'a device';
  throw new DatasetError(
    'dataset/unreadable',
    `${label} is ${what}, expected a regular file, because it is read more than once. Write its content to a file, and name that.`,
  );
}

async function readStart(path: string, label: string): Promise<Buffer> {
  const file = createReadStream(path, { end: 63 });
  try {
    const parts: Buffer[] = [];
    for await (const chunk of file as AsyncIterable<Buffer>) parts.push(chunk);
    return Buffer.concat(parts);
  } catch (error) {
    throw unreadable(label, error);
  }
}

function compressionOf(magic: Buffer): Compression | null {
  if (magic[0] === 0x1f && magic[1] === 0x8b) return 'gzip';
  return magic.length >= 4 && magic.readUInt32LE() === 0xfd2fb528 ? 'zstd' : null;
}

function refuseForeign(bytes: Buffer, label: string): void {
  const start = bytes.subarray(0, 16).toString('latin1');
  const found = FOREIGN.find(([signature]) => start.startsWith(signature));
  if (!found) return;
  const [, what, remedy] = found;
  throw new DatasetError(
    'dataset/foreign-format',
    `${label} is ${what}, expected CSV, TSV, JSON Lines or Parquet. ${remedy}.`,
  );
}

function notPacked(label: string, ending: string): DatasetError {
  return new DatasetError(
    'dataset/not-gzip',
    `${label} cannot be unpacked, though its name ends in ${ending}: it is truncated, damaged or not compressed. Compress it again, or rename it.`,
  );
}

function unreadable(label: string, error: unknown): DatasetError {
  return new DatasetError('dataset/unreadable', `${label} cannot be read: ${systemReason(error)}.`);
}
