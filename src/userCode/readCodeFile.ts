import { readFile, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { CODE_LIMITS } from '../protocol/keptCode';

/*
 * Reads files of code in a workspace, for the editor and for runs alike. A config may come from anybody, and name what would never be
 * read to its end, or what is not in the workspace.
 */

/** The text of a file of code. @throws Error whose message follows `cannot be read: `, and the system's error */
export async function readCodeFile(file: string): Promise<string> {
  const found = await stat(file);
  if (!found.isFile()) throw new Error('it is not a file');
  if (found.size > CODE_LIMITS.fileBytes)
    throw new Error(`it has ${found.size} bytes; code may have at most ${CODE_LIMITS.fileBytes}`);
  const content = await readFile(file);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content);
  } catch {
    throw new Error('it is not UTF-8 text');
  }
}

/** Whether a file lies outside of a folder, or is a link to what does. */
export async function isOutside(folder: string, file: string): Promise<boolean> {
  if (leadsOut(folder, file)) return true;
  // One that is missing is told of when it is read.
  const real = await realpath(file).catch(() => null);
  return real !== null && leadsOut(await realpath(folder), real);
}

function leadsOut(folder: string, file: string): boolean {
  const [first] = path.relative(folder, file).split(path.sep);
  return first === '..' || path.isAbsolute(first!);
}
