import { lstatSync, type Stats } from 'node:fs';
import { lstat, readFile } from 'node:fs/promises';
import path from 'node:path';

/*
 * The files of a run are plain files in plain folders. A run may come from anybody: behind a link in it there would be files
 * of somebody else, which a trainer would write over, add to or remove as if they were its own, and a pipe would keep its
 * reader waiting for ever.
 */

/** There is something else than a plain file or folder. The message is made to follow the path. */
export class NotPlainError extends Error {
  override readonly name = 'NotPlainError';

  override toString(): string {
    return this.message;
  }
}

/** @throws NotPlainError, and the system's error where there is nothing */
export async function requirePlainFile(file: string): Promise<void> {
  refuse(await lstat(file), 'file');
}

/** The content of a plain file in a plain folder of a run. @throws NotPlainError, and the system's error */
export async function readPlainFile(file: string): Promise<Buffer> {
  await requirePlainFolder(path.dirname(file));
  await requirePlainFile(file);
  return readFile(file);
}

/**
 * The content of a plain file of a run that may lie in folders of it, each a plain one.
 * @param directory of the run @param file path from it, with `/`; the caller knows that it does not lead out
 * @throws NotPlainError, an error whose message follows the path where the file is too large, and the system's error
 */
export async function readPlainFileIn(directory: string, file: string, maxBytes: number): Promise<Buffer> {
  const parts = file.split('/');
  for (const depth of parts.keys()) await requirePlainFolder(path.join(directory, ...parts.slice(0, depth)));
  const target = path.join(directory, ...parts);
  const found = await lstat(target);
  refuse(found, 'file');
  if (found.size > maxBytes) throw new Error(`it has ${found.size} bytes; code may have at most ${maxBytes}`);
  return readFile(target);
}

/** A file that is made if it is not there. @throws NotPlainError */
export function requirePlainOrNoFileSync(file: string): void {
  const found = lstatSync(file, { throwIfNoEntry: false });
  if (found !== undefined) refuse(found, 'file');
}

/** @throws NotPlainError, and the system's error where there is nothing */
export async function requirePlainFolder(folder: string): Promise<void> {
  refuse(await lstat(folder), 'folder');
}

function refuse(found: Stats, wanted: 'file' | 'folder'): void {
  if (wanted === 'file' ? found.isFile() : found.isDirectory()) return;
  const what = found.isSymbolicLink() ? 'a link' : `not a ${wanted}`;
  throw new NotPlainError(
    `it is ${what}, but a run may have only plain files and folders. Replace it with its target, or remove it`,
  );
}
