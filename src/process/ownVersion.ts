import { readFile } from 'node:fs/promises';
import path from 'node:path';

/** The version of RecSight that the trainer belongs to; `package.json` lies beside `dist`. */
export async function readOwnVersion(trainerPath: string): Promise<string> {
  try {
    const file = path.join(path.dirname(trainerPath), '..', 'package.json');
    const { version } = JSON.parse(await readFile(file, 'utf8')) as { version?: unknown };
    return typeof version === 'string' ? version : 'unknown';
  } catch {
    return 'unknown';
  }
}
