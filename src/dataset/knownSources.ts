import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import type { DatasetConfig } from '../config/schema';
import { READING_VERSION } from './fingerprint';

/*
 * Which fingerprint the files of a config had when they were last read, and what they looked like then: `<cache>/sources.json`.
 * As long as they look the same, nobody has to read them, or to load DuckDB, to find the prepared dataset again.
 */

const FILE = 'sources.json';
/** Those that were not met for longest are forgotten. */
const MOST_KNOWN = 100;
/** A file that was written so shortly ago, in ms, may be written again without looking any different. */
const SETTLED_AFTER = 2000;

/** What decides a dataset, but for what is in its files. */
interface SourceOptions {
  baseDirectory: string;
  cacheDirectory: string;
  seed: number;
}

interface KnownSource {
  key: string;
  looks: string[];
  fingerprint: string;
}

/** The source of a config as it looked before it was read. */
export interface SourceLooks {
  key: string;
  looks: string[];
}

/**
 * What the files of a config look like from outside. Null where that would not tell that they are the same: for queries, globs,
 * and files that have changed a moment ago, or are not there.
 */
export async function looksOfSource(
  config: DatasetConfig,
  { baseDirectory, seed }: SourceOptions,
): Promise<SourceLooks | null> {
  const { items, users, split } = config;
  const parts = split.type === 'files' ? [split.validation, split.test] : [];
  const tables = [config, ...parts.map((path) => ({ path, query: undefined })), items, users].filter(
    (table) => table !== undefined,
  );
  const looks: string[] = [];
  for (const { path, query } of tables) {
    if (query !== undefined || path === undefined) return null;
    for (const name of [path].flat()) {
      const look = await lookOf(isAbsolute(name) ? name : join(baseDirectory, name));
      if (look === null) return null;
      looks.push(look);
    }
  }
  const decisive = JSON.stringify([READING_VERSION, baseDirectory, seed, config]);
  return { key: createHash('sha256').update(decisive).digest('hex'), looks };
}

/** The fingerprint that a source had when it looked so; null when that is not known. */
export async function knownFingerprint(
  { key, looks }: SourceLooks,
  { cacheDirectory }: SourceOptions,
): Promise<string | null> {
  const found = (await readKnown(cacheDirectory)).find((known) => known.key === key);
  return found !== undefined && found.looks.join('\n') === looks.join('\n') ? found.fingerprint : null;
}

/** Notes the fingerprint of a source that looked so before it was read. Where it cannot be noted, it is found out again. */
export async function noteFingerprint(
  { key, looks }: SourceLooks,
  { cacheDirectory }: SourceOptions,
  fingerprint: string,
): Promise<void> {
  const others = (await readKnown(cacheDirectory)).filter((known) => known.key !== key);
  const known: KnownSource[] = [{ key, looks, fingerprint }, ...others].slice(0, MOST_KNOWN);
  const temporary = join(cacheDirectory, `${FILE}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    await mkdir(cacheDirectory, { recursive: true });
    await writeFile(temporary, JSON.stringify(known), { flag: 'wx' });
    await rename(temporary, join(cacheDirectory, FILE));
  } catch {
    await rm(temporary, { force: true }).catch(() => undefined);
  }
}

async function readKnown(cacheDirectory: string): Promise<KnownSource[]> {
  try {
    const known: unknown = JSON.parse(await readFile(join(cacheDirectory, FILE), 'utf8'));
    return Array.isArray(known) ? known.filter(isKnownSource) : [];
  } catch {
    return [];
  }
}

function isKnownSource(value: unknown): value is KnownSource {
  if (typeof value !== 'object' || value === null) return false;
  const { key, looks, fingerprint }: { [Name in keyof KnownSource]?: unknown } = value;
  // It names a folder.
  const isFingerprint = typeof fingerprint === 'string' && /^[0-9a-f]{64}$/.test(fingerprint);
  return typeof key === 'string' && Array.isArray(looks) && isFingerprint;
}

/** Text that is another one when a file was written or replaced, whatever its dates were set to; null when that is not sure. */
async function lookOf(file: string): Promise<string | null> {
  const found = await stat(file, { bigint: true }).catch(() => null);
  if (!found?.isFile()) return null;
  const { dev, ino, size, mtimeNs, ctimeNs, mtimeMs, ctimeMs } = found;
  const age = Date.now() - Number(mtimeMs > ctimeMs ? mtimeMs : ctimeMs);
  return age < SETTLED_AFTER ? null : [dev, ino, size, mtimeNs, ctimeNs].join(':');
}
