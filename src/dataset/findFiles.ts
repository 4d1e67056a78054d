import { stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { DatasetError } from './datasetError';
import { escapeGlob, readRows, sqlString, type Connect } from './duckDb';

/**
 * Resolves the paths and globs of a config against the folder of the config file, in order; the matches of a glob
 * are sorted by name. Throws a DatasetError when a file is missing, a glob matches nothing, or a path is a folder.
 */
export async function findFiles(
  connect: Connect,
  patterns: string | string[],
  baseDirectory: string,
): Promise<string[]> {
  const files: string[] = [];
  for (const pattern of [patterns].flat()) {
    if (/^[a-z][a-z0-9+]+:\/\//i.test(pattern)) {
      throw new DatasetError(
        'dataset/remote-file',
        `\`${pattern}\` is a URL, expected a file. Download it and name the copy in \`dataset.path\`.`,
      );
    }
    const path = isAbsolute(pattern) ? pattern : join(baseDirectory, pattern);
    const status = await stat(path).catch(() => null);
    if (status?.isDirectory()) {
      throw new DatasetError(
        'dataset/is-directory',
        `\`${pattern}\` is a folder, expected a file. Name the files in it with a glob, such as \`${join(pattern, '*.csv')}\`.`,
      );
    }
    if (status) {
      files.push(path);
      continue;
    }
    if (!/[*?[]/.test(pattern)) {
      throw new DatasetError('dataset/missing-file', `There is no file \`${pattern}\` in ${baseDirectory}.`);
    }
    const glob = isAbsolute(pattern) ? pattern : join(escapeGlob(baseDirectory), pattern);
    const matches = (await readRows(await connect(), `SELECT file FROM glob(${sqlString(glob)})`)).map(
      ([file]) => String(file),
    );
    if (matches.length === 0) {
      throw new DatasetError('dataset/no-match', `No file matches \`${pattern}\` in ${baseDirectory}.`);
    }
    files.push(...matches.sort());
  }
  return files;
}
