import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { decodeContent, encodeSafetensors, type SafetensorsContent } from '../formats/safetensors';
import type { CandidateLists } from '../protocol/candidateLists';
import { errorText, systemReason } from '../protocol/errorText';
import { makeFolder, writeFileAtomically } from './atomicFile';
import { readPlainFile } from './plainFiles';
import { meansMissing, RunReadError } from './runErrors';

/*
 * `candidates/<name>.safetensors`: lists of candidates as a run read them, so that it is measured on the same ones when the file has
 * changed. docs/formats.md describes it. Here, `folder` is the one of a run, its `candidatesPath`.
 */

const SCHEMA_VERSION = '1.0';

const KEPT_FILE = /^[0-9a-f]{16}\.safetensors$/;

/** Writes lists atomically. Throws RunWriteError, and what `beforeReplacing` throws. */
export async function writeKeptCandidates(
  folder: string,
  name: string,
  { file, hash, offsets, items }: CandidateLists,
  beforeReplacing?: () => void,
): Promise<void> {
  await makeFolder(folder);
  const columns = new Map([
    ['offsets', { shape: [offsets.length], values: offsets }],
    ['items', { shape: [items.length], values: items }],
  ]);
  const remarks = { schemaVersion: SCHEMA_VERSION, file, hash };
  await writeFileAtomically(fileOf(folder, name), encodeSafetensors(columns, remarks), beforeReplacing);
}

/** What `writeKeptCandidates` wrote, or null when there is nothing of that name. @throws RunReadError where it is damaged */
export async function readKeptCandidates(folder: string, name: string): Promise<CandidateLists | null> {
  let bytes: Buffer;
  try {
    bytes = await readPlainFile(fileOf(folder, name));
  } catch (error) {
    if (meansMissing(error)) return null;
    throw new RunReadError(
      'run/unreadable',
      `${fileOf(folder, name)} cannot be read (${systemReason(error)}).`,
    );
  }
  let content: SafetensorsContent;
  try {
    content = decodeContent(bytes);
  } catch (error) {
    throw damagedCandidates(folder, name, errorText(error));
  }
  const { schemaVersion, file, hash } = content.remarks;
  if (Number(schemaVersion?.split('.')[0]) > Number(SCHEMA_VERSION.split('.')[0])) {
    throw new RunReadError(
      'run/newer-version',
      `${fileOf(folder, name)} has schema version ${schemaVersion}, but this RecSight reads ${SCHEMA_VERSION}. Update RecSight to use these candidates.`,
    );
  }
  const [offsets, items] = ['offsets', 'items'].map((column) => content.tensors.get(column)?.values);
  if (
    !(offsets instanceof Uint32Array) ||
    !(items instanceof Uint32Array) ||
    file === undefined ||
    hash === undefined
  )
    throw damagedCandidates(folder, name, 'columns or remarks are missing');
  const rises = offsets[0] === 0 && offsets.every((end, row) => end >= (offsets[row - 1] ?? 0));
  if (!rises || offsets.at(-1) !== items.length || items.includes(0))
    throw damagedCandidates(folder, name, 'the columns do not fit each other');
  return { file, hash, offsets, items };
}

/** Copies all lists of one folder into another one, of a run that is being made. @throws the system's errors, NotPlainError */
export async function copyKeptCandidates(from: string, to: string): Promise<void> {
  const names = await readdir(from).catch((error: unknown) => {
    if (meansMissing(error)) return [];
    throw error;
  });
  for (const name of names.filter((each) => KEPT_FILE.test(each))) {
    const bytes = await readPlainFile(path.join(from, name));
    await mkdir(to, { recursive: true });
    await writeFile(path.join(to, name), bytes, { flag: 'wx' });
  }
}

export function damagedCandidates(folder: string, name: string, reason: string): RunReadError {
  return new RunReadError(
    'run/corrupt',
    `The candidates that the run keeps in ${fileOf(folder, name)} are damaged: ${reason}. Restore the file, or delete it to read the lists again.`,
  );
}

function fileOf(folder: string, name: string): string {
  return path.join(folder, `${name}.safetensors`);
}
