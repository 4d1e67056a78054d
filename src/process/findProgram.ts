import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import path from 'node:path';

/**
 * The absolute path of a program on the PATH, or null. Node.js leaves that to the system, and Windows looks into the folder
 * that the program is to work in first, which may be somebody else's project; a relative folder on the PATH means the same
 * everywhere. So neither is looked into here.
 */
export async function findProgram(
  name: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<string | null> {
  for (const file of candidates(name, env, process.platform)) {
    if (await isProgram(file)) return file;
  }
  return null;
}

/** The files that a program's name may stand for, in order. */
export function candidates(name: string, env: NodeJS.ProcessEnv, platform: NodeJS.Platform): string[] {
  const isWindows = platform === 'win32';
  const paths = isWindows ? path.win32 : path.posix;
  const folders = (env.PATH ?? env.Path ?? '')
    .split(paths.delimiter)
    .filter((folder) => paths.isAbsolute(folder));
  // Others, such as `.cmd`, cannot be started without a shell.
  const endings = isWindows ? ['.exe', '.com'] : [''];
  const named = endings.some((ending) => ending !== '' && name.toLowerCase().endsWith(ending));
  const names = named ? [name] : endings.map((ending) => `${name}${ending}`);
  return folders.flatMap((folder) => names.map((file) => paths.join(folder, file)));
}

/** `taskkill.exe`, `nvidia-smi.exe` and their like, by their place. */
export function windowsTool(name: string): string {
  return path.win32.join(process.env.SystemRoot ?? 'C:\\Windows', 'System32', name);
}

async function isProgram(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    return false;
  }
}
