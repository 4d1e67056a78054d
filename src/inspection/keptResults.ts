import { createHash } from 'node:crypto';
import { lstat, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { errorText } from '../protocol/errorText';
import { makeFolder, writeFileAtomically } from '../runs/atomicFile';
import { readPlainFile } from '../runs/plainFiles';

/** Everything that decides a result, beside the run. */
export interface ResultKey {
  /** Beginning of the names of such files. */
  kind: 'umap' | 'recommended' | 'overview';
  /** Changes with what comes of the rest of the key, and with how it is encoded. */
  version: number;
  [part: string]: unknown;
}

/** How results of one kind are written in a file. */
export interface ResultCodec<Result> {
  extension: 'safetensors' | 'json';
  encode(result: Result): Uint8Array;
  /** Null, or an error, where the bytes are not what `encode` makes. */
  decode(bytes: Buffer): Result | null;
}

/** All results in one folder take no more than this. */
const MAX_BYTES = 256 * 1024 * 1024;
/** Digits of a key in a file name: enough to tell apart what one run ever holds. */
const KEY_DIGITS = 24;
/** With the names that overviews once had, which nothing reads any more. */
const RESULT_FILE = /^[a-z]+-(?:[0-9a-f]{24}\.(?:safetensors|json)|\d+-\d+-\d+\.json)$/;

/**
 * Results that took long, kept in a folder of their run, a file for each key. All of them can be made again: a missing or
 * damaged one is recomputed, and the oldest are removed when there are too many.
 */
export class KeptResults {
  /**
   * @param folder absolute path; it need not exist yet
   * @param warn hears why a result could not be kept, as in a run that may only be read: it is made again next time
   */
  constructor(
    private readonly folder: string,
    private readonly warn: (message: string) => void,
    private readonly maxBytes = MAX_BYTES,
  ) {}

  /** The result of a key, or null where there is none, or none whole. */
  async read<Result>(key: ResultKey, codec: ResultCodec<Result>): Promise<Result | null> {
    try {
      const file = this.#file(key, codec.extension);
      return (await lstat(file)).size > this.maxBytes ? null : codec.decode(await readPlainFile(file));
    } catch {
      return null;
    }
  }

  /** Keeps the result of a key, in the place of any that is there. */
  async tryWrite<Result>(key: ResultKey, codec: ResultCodec<Result>, result: Result): Promise<void> {
    const file = this.#file(key, codec.extension);
    try {
      const bytes = codec.encode(result);
      if (bytes.length > this.maxBytes) return;
      await makeFolder(this.folder);
      await writeFileAtomically(file, bytes);
      await this.#sweep(path.basename(file));
    } catch (error) {
      this.warn(errorText(error));
    }
  }

  /** Removes the oldest results until all that are left fit. @param newest file name of the one that stays */
  async #sweep(newest: string): Promise<void> {
    const names = (await readdir(this.folder)).filter((name) => RESULT_FILE.test(name));
    const files = await Promise.all(
      names.map(async (name) => {
        const file = path.join(this.folder, name);
        // Another process may sweep the same folder.
        const stats = await lstat(file).catch(() => null);
        return stats && { file, size: stats.size, age: name === newest ? -Infinity : -stats.mtimeMs };
      }),
    );
    let room = this.maxBytes;
    const present = files.filter((file) => file !== null);
    for (const { file, size } of present.sort((a, b) => a.age - b.age)) {
      room -= size;
      if (room < 0) await rm(file, { force: true });
    }
  }

  #file({ kind, ...rest }: ResultKey, extension: string): string {
    const digest = createHash('sha256').update(JSON.stringify(rest)).digest('hex').slice(0, KEY_DIGITS);
    return path.join(this.folder, `${kind}-${digest}.${extension}`);
  }
}
