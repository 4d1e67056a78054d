import { randomBytes } from 'node:crypto';
import { constants, rmSync } from 'node:fs';
import { lstat, mkdir, open, readlink, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { systemErrorCode, toWriteError } from './runErrors';

/** The place that was named for a file cannot hold one. */
export class OutputError extends Error {
  override readonly name = 'OutputError';
  readonly code = 'output/no-file';
}

/** As many as Linux follows. */
const MOST_LINKS = 40;

/**
 * A file that people named to be written. A plain one appears under its name only when it is complete, and a failed write leaves the
 * old one; a link stays, and what it names is replaced. Whatever else is there (a device, a FIFO) is written into, and
 * stays what it is.
 */
export class OutputFile {
  /** Written into as it comes: nothing can be put beside it. */
  readonly isStream: boolean;
  readonly #name: string;
  readonly #handle: FileHandle;
  readonly #partial: string | null;
  readonly #target: string;

  /** A process that is told to end leaves no part of a file. */
  readonly #onExit = (): void => {
    if (this.#partial !== null) rmSync(this.#partial, { force: true });
  };

  private constructor(name: string, target: string, partial: string | null, handle: FileHandle) {
    this.#name = name;
    this.#target = target;
    this.#partial = partial;
    this.#handle = handle;
    this.isStream = partial === null;
    process.on('exit', this.#onExit);
  }

  /**
   * Makes missing folders. Opening a FIFO waits for its reader.
   * @throws OutputError when there is a folder, RunWriteError (`disk/full`)
   */
  static async open(name: string): Promise<OutputFile> {
    try {
      const target = await followLinks(path.resolve(name));
      if (descriptorOf(target) !== null) return await OutputFile.#openStream(name, target);
      const found = await stat(target).catch((error: unknown) => {
        if (systemErrorCode(error) === 'ENOENT') return null;
        throw error;
      });
      if (found?.isDirectory() === true) {
        throw new OutputError(`${name} is a folder, expected a file. Name a file in it.`);
      }
      if (found !== null && !found.isFile()) return await OutputFile.#openStream(name, target);
      await mkdir(path.dirname(target), { recursive: true });
      const partial = `${target}.${randomBytes(4).toString('hex')}.partial`;
      return new OutputFile(name, target, partial, await open(partial, 'wx', (found?.mode ?? 0o666) & 0o777));
    } catch (error) {
      throw error instanceof OutputError ? error : toWriteError(error, name);
    }
  }

  static async #openStream(name: string, target: string): Promise<OutputFile> {
    // Appended, so that what a shell's redirection holds already stays.
    return new OutputFile(name, target, null, await open(target, constants.O_WRONLY | constants.O_APPEND));
  }

  async write(piece: string | Uint8Array): Promise<void> {
    try {
      await this.#handle.writeFile(piece);
    } catch (error) {
      throw toWriteError(error, this.#name);
    }
  }

  /** Puts a plain file in its place. */
  async finish(): Promise<void> {
    try {
      await this.#handle.close();
      if (this.#partial !== null) await rename(this.#partial, this.#target);
      process.off('exit', this.#onExit);
    } catch (error) {
      throw toWriteError(error, this.#name);
    }
  }

  /** Removes what was written, where that can be done. */
  async discard(): Promise<void> {
    await this.#handle.close().catch(() => undefined);
    if (this.#partial !== null) await rm(this.#partial, { force: true }).catch(() => undefined);
    process.off('exit', this.#onExit);
  }
}

/** Writes a whole file. Resolves with whether others can lie beside it. @throws like {@link OutputFile.open} */
export async function writeOutput(
  name: string,
  pieces: Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>,
): Promise<boolean> {
  const file = await OutputFile.open(name);
  try {
    for await (const piece of pieces) await file.write(piece);
    await file.finish();
    return !file.isStream;
  } catch (error) {
    await file.discard();
    throw error;
  }
}

/** The number of an open file, such as 1 for `/dev/stdout` and 63 for `/dev/fd/63`; null for any other path. */
export function descriptorOf(file: string): number | null {
  const [, standard, number] =
    /^(?:\/dev\/(stdin|stdout|stderr)|\/(?:dev|proc\/(?:self|\d+))\/fd\/(\d+))$/.exec(file) ?? [];
  if (standard !== undefined) return ['stdin', 'stdout', 'stderr'].indexOf(standard);
  return number === undefined ? null : Number(number);
}

/**
 * Where the links that a path is lead, one by one, so that one whose file is still missing is followed as well. Open files end
 * it: what they lead to is known to the system only.
 * @param file absolute
 */
export async function followLinks(file: string): Promise<string> {
  let place = file;
  for (let links = 0; links <= MOST_LINKS; links++) {
    const found = descriptorOf(place) === null ? await lstat(place).catch(() => null) : null;
    if (found?.isSymbolicLink() !== true) return place;
    place = path.resolve(path.dirname(place), await readlink(place));
  }
  throw new OutputError(`${file} is a link to itself, so nothing can be written there.`);
}
