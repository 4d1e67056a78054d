import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { escapeGlob, MAX_LINE_BYTES, sqlString, withDuckDb } from './duckDb';

const FRAME = 0xfd2fb528;
const SKIPPABLE = 0x184d2a50;

/**
 * The lines of a text that is packed with Zstandard, unpacked by DuckDB: Node can do it only from version 22.15 on. Lines end in
 * `\n`, and blank ones are left out.
 */
export async function* unpackZstd(path: string): AsyncGenerator<Buffer> {
  const pieces = new PieceQueue();
  const reading = withDuckDb({ cacheDirectory: tmpdir(), threads: 1 }, async (connection) => {
    const result = await connection.stream(
      `SELECT line FROM read_csv(${sqlString(escapeGlob(path))}, auto_detect = false, header = false, compression = 'zstd',
         delim = '\x01', quote = '', escape = '', max_line_size = ${MAX_LINE_BYTES}, columns = {line: 'VARCHAR'})`,
    );
    for (;;) {
      const chunk = await result.fetchChunk();
      if (!chunk || chunk.rowCount === 0) return;
      const lines = chunk.getColumnValues(0).map((line) => `${(line as string | null) ?? ''}\n`);
      if (!(await pieces.offer(Buffer.from(lines.join(''))))) return;
    }
  });
  reading.then(
    () => pieces.end(null),
    (error: unknown) => pieces.end(error),
  );
  try {
    for (let piece = await pieces.take(); piece !== null; piece = await pieces.take()) yield piece;
  } finally {
    pieces.stop();
    await reading.catch(() => undefined);
  }
}

/** Whether a file is made of whole Zstandard frames: DuckDB takes one that was cut off for a shorter one. */
export async function isWholeZstd(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const read = async (at: number, length: number) => {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(length), 0, length, at);
      return bytesRead === length ? buffer : null;
    };
    let at = 0;
    while (at < size) {
      const magic = (await read(at, 4))?.readUInt32LE();
      if (magic !== undefined && (magic & 0xfffffff0) >>> 0 === SKIPPABLE) {
        const length = (await read(at + 4, 4))?.readUInt32LE();
        if (length === undefined) return false;
        at += 8 + length;
        continue;
      }
      const descriptor = (await read(at + 4, 1))?.[0];
      if (magic !== FRAME || descriptor === undefined) return false;
      const isSingle = (descriptor & 0x20) !== 0;
      const sizeBytes = [isSingle ? 1 : 0, 2, 4, 8][descriptor >> 6]!;
      at += 5 + (isSingle ? 0 : 1) + [0, 1, 2, 4][descriptor & 3]! + sizeBytes;
      for (let isLast = false; !isLast;) {
        const block = (await read(at, 3))?.readUIntLE(0, 3);
        if (block === undefined) return false;
        isLast = (block & 1) === 1;
        // A run of one byte is that byte.
        at += 3 + (((block >> 1) & 3) === 1 ? 1 : block >> 3);
      }
      if ((descriptor & 4) !== 0) at += 4;
    }
    return at === size;
  } finally {
    await file.close();
  }
}

/** Hands pieces from one that makes them to one that takes them, one at a time. */
class PieceQueue {
  private piece: Buffer | null = null;
  private ended = false;
  private stopped = false;
  private failure: unknown = null;
  private wake: () => void = () => undefined;

  /** False when nobody wants any more. */
  async offer(piece: Buffer): Promise<boolean> {
    while (this.piece !== null && !this.stopped) await this.change();
    this.piece = piece;
    this.wake();
    return !this.stopped;
  }

  /** The next piece, or null after the last. */
  async take(): Promise<Buffer | null> {
    while (this.piece === null && !this.ended) await this.change();
    const piece = this.piece;
    this.piece = null;
    this.wake();
    if (piece === null && this.failure !== null) throw this.failure as Error;
    return piece;
  }

  end(failure: unknown): void {
    this.ended = true;
    this.failure = failure;
    this.wake();
  }

  stop(): void {
    this.stopped = true;
    this.wake();
  }

  private async change(): Promise<void> {
    const previous = this.wake;
    await new Promise<void>((resolve) => {
      this.wake = () => {
        previous();
        resolve();
      };
    });
  }
}
