import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** A prepared dataset that is kept. */
export interface CachedDatasetFile {
  /** Absolute. */
  directory: string;
  fingerprint: string;
  /** Of all its files. */
  bytes: number;
  /** ms since 1970. */
  createdAt: number;
}

/** The prepared datasets in a cache, which may not exist, newest first. Throws the file system's error. */
export async function listCachedDatasets(cacheDirectory: string): Promise<CachedDatasetFile[]> {
  const names = await readdir(cacheDirectory).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  });
  const found: CachedDatasetFile[] = [];
  for (const fingerprint of names.filter((name) => /^[0-9a-f]{64}$/.test(name))) {
    const directory = join(cacheDirectory, fingerprint);
    const files = await Promise.all((await readdir(directory)).map((name) => stat(join(directory, name))));
    found.push({
      directory,
      fingerprint,
      bytes: files.reduce((sum, { size }) => sum + size, 0),
      createdAt: files.reduce((newest, { mtimeMs }) => Math.max(newest, mtimeMs), 0),
    });
  }
  return found.sort((a, b) => b.createdAt - a.createdAt || (a.fingerprint < b.fingerprint ? -1 : 1));
}

/** Removes a prepared dataset. */
export async function removeCachedDataset({ directory }: CachedDatasetFile): Promise<void> {
  await rm(directory, { recursive: true, force: true });
}
