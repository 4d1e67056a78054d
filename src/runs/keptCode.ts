import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { CODE_LIMITS, type KeptCode } from '../protocol/keptCode';
import { systemReason } from '../protocol/errorText';
import { readPlainFileIn } from './plainFiles';
import { meansMissing, RunReadError } from './runErrors';
import { parseRunFile, stringifyRunJson } from './runJson';
import { misfitOf } from './runSchema';

/*
 * The code that a run needs to be resumed, evaluated or looked into: `code.json`, and the files in `code`. Nothing here runs it.
 */

const MANIFEST = 'code.json';
const FOLDER = 'code';

/** A path below a folder, which cannot lead out of it. */
const inside = z
  .string()
  .max(1000)
  .refine(
    (file) => file !== '' && !file.includes('\\') && file.split('/').every((part) => !/^\.{0,2}$/.test(part)),
  );
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const manifestSchema = z.looseObject({
  schemaVersion: z.string().regex(/^1\.\d+$/),
  api: z.literal('v1'),
  hash: sha256,
  configFolder: inside.or(z.literal('')),
  entries: z.record(z.string().max(1000), inside),
  files: z.array(z.looseObject({ path: inside, sha256 })).max(1000),
  packages: z.array(z.looseObject({ name: z.string().max(300), version: z.string().max(100) })).max(1000),
});

/**
 * SHA-256, hex, of all of a run's code: its files with their paths, which of them are its models and metrics, and the names of the
 * packages that it may import.
 */
export function codeHash({ api, entries, files, packages }: KeptCode): string {
  const sorted = <Value>(pairs: Iterable<[string, Value]>) => [...pairs].sort(([a], [b]) => (a < b ? -1 : 1));
  const hashes = sorted([...files].map(([file, text]) => [file, hashOf(text)]));
  const names = packages.map(({ name }) => name).sort();
  return hashOf(JSON.stringify([api, sorted(Object.entries(entries)), hashes, names]));
}

/** Writes a run's code into its directory, which is being made. */
export async function writeKeptCode(directory: string, code: KeptCode): Promise<void> {
  const { files, ...described } = code;
  for (const [file, text] of files) {
    const target = keptFilePath(directory, file);
    await mkdir(path.dirname(target), { recursive: true });
    await writeFile(target, text, { flag: 'wx' });
  }
  const manifest: z.input<typeof manifestSchema> = {
    schemaVersion: '1.0',
    ...described,
    packages: [...described.packages],
    hash: codeHash(code),
    files: [...files].map(([file, text]) => ({ path: file, sha256: hashOf(text) })),
  };
  await writeFile(path.join(directory, MANIFEST), `${stringifyRunJson(manifest, 2)}\n`, { flag: 'wx' });
}

/** Where a run in a directory keeps the text of a file of its code. */
export function keptFilePath(directory: string, file: string): string {
  return path.join(directory, FOLDER, ...file.split('/'));
}

/**
 * The code of a run, as it was when the run was made; null where it needs none.
 * @throws RunReadError when it is damaged, or its files are not those any more
 */
export async function readKeptCode(directory: string): Promise<KeptCode | null> {
  const file = path.join(directory, MANIFEST);
  const text = await readText(directory, MANIFEST, true);
  if (text === null) return null;
  const { data, error } = manifestSchema.safeParse(parsed(file, text));
  if (data === undefined)
    throw new RunReadError(
      'run/corrupt',
      `${file}: the field \`${misfitOf(error)}\` is missing or has a wrong value. The file is damaged; the code of the run cannot be used.`,
    );
  const files = new Map<string, string>();
  let bytes = 0;
  for (const { path: name, sha256: expected } of data.files) {
    const content = (await readText(directory, `${FOLDER}/${name}`, false))!;
    if (hashOf(content) !== expected) throw changed(keptFilePath(directory, name));
    files.set(name, content);
    bytes += Buffer.byteLength(content);
    if (bytes > CODE_LIMITS.bytes)
      throw new RunReadError(
        'run/unreadable',
        `${path.join(directory, FOLDER)} cannot be read (all code of a run may have at most ${CODE_LIMITS.bytes} bytes).`,
      );
  }
  const { api, configFolder, entries, packages } = data;
  const code = { api, configFolder, entries, packages, files };
  if (codeHash(code) !== data.hash) throw changed(file);
  return code;
}

function changed(file: string): RunReadError {
  return new RunReadError(
    'run/corrupt',
    `${file} has changed since the run was started, so the code of the run is not what it was trained with. Restore the file, or start a new run.`,
  );
}

function parsed(file: string, text: string): unknown {
  try {
    return parseRunFile(text);
  } catch {
    throw new RunReadError('run/corrupt', `${file} is not valid JSON. The file is damaged.`);
  }
}

async function readText(directory: string, name: string, mayBeMissing: boolean): Promise<string | null> {
  const file = path.join(directory, name);
  try {
    return await textOf(directory, name);
  } catch (error) {
    if (meansMissing(error)) {
      if (mayBeMissing) return null;
      throw new RunReadError(
        'run/missing',
        `${file} does not exist: code of the run is missing. Restore it.`,
      );
    }
    throw new RunReadError('run/unreadable', `${file} cannot be read (${systemReason(error)}).`);
  }
}

/** @param name from the run's directory */
async function textOf(directory: string, name: string): Promise<string> {
  const content = await readPlainFileIn(directory, name, CODE_LIMITS.fileBytes);
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content);
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
