import path from 'node:path';
import { decodeContent, encodeSafetensors, type SafetensorsContent } from '../formats/safetensors';
import type { CandidateLists } from '../protocol/candidateLists';
import { errorText, systemReason } from '../protocol/errorText';
import { makeFolder, writeFileAtomically } from './atomicFile';
import { readPlainFile } from './plainFiles';
import type { RunDirectory } from './runDirectory';
import { meansMissing, RunReadError } from './runErrors';

/*
 * `candidates/<name>.safetensors`: lists of candidates as a run read them, so that it is measured on the same ones when the file has
 * changed. docs/formats.md describes it.
 */

const SCHEMA_VERSION = '1.0';

/** Writes lists atomically. Throws RunWriteError, and what `beforeReplacing` throws. */
export async function writeKeptCandidates(
  run: RunDirectory,
  name: string,
  { file, hash, offsets, items }: CandidateLists,
  beforeReplacing?: () => void,
): Promise<void> {
  await makeFolder(run.candidatesPath);
  const columns = new Map([
    ['offsets', { shape: [offsets.length], values: offsets }],
    ['items', { shape: [items.length], values: items }],
  ]);
  const remarks = { schemaVersion: SCHEMA_VERSION, file, hash };
  await writeFileAtomically(fileOf(run, name), encodeSafetensors(columns, remarks), beforeReplacing);
}

/** What `writeKeptCandidates` wrote, or null when there is nothing of that name. @throws RunReadError where it is damaged */
export async function readKeptCandidates(run: RunDirectory, name: string): Promise<CandidateLists | null> {
  let bytes: Buffer;
  try {
    bytes = await readPlainFile(fileOf(run, name));
  } catch (error) {
    if (meansMissing(error)) return null;
    throw new RunReadError('run/unreadable', `${fileOf(run, name)} cannot be read (${systemReason(error)}).`);
  }
  let content: SafetensorsContent;
  try {
    content = decodeContent(bytes);
  } catch (error) {
    throw damagedCandidates(run, name, errorText(error));
  }
  const { schemaVersion, file, hash } = content.remarks;
  if (Number(schemaVersion?.split('.')[0]) > Number(SCHEMA_VERSION.split('.')[0])) {
    throw new RunReadError(
      'run/newer-version',
      `${fileOf(run, name)} has schema version ${schemaVersion}, but this RecSight reads ${SCHEMA_VERSION}. Update RecSight to use these candidates.`,
    );
  }
  const [offsets, items] = ['offsets', 'items'].map((column) => content.tensors.get(column)?.values);
  if (
    !(offsets instanceof Uint32Array) ||
    !(items instanceof Uint32Array) ||
    file === undefined ||
    hash === undefined
  )
    throw damagedCandidates(run, name, 'columns or remarks are missing');
  const rises = offsets[0] === 0 && offsets.every((end, row) => end >= (offsets[row - 1] ?? 0));
  if (!rises || offsets.at(-1) !== items.length || items.includes(0))
    throw damagedCandidates(run, name, 'the columns do not fit each other');
  return { file, hash, offsets, items };
}

export function damagedCandidates(run: RunDirectory, name: string, reason: string): RunReadError {
  return new RunReadError(
    'run/corrupt',
    `The candidates that the run keeps in ${fileOf(run, name)} are damaged: ${reason}. Restore the file, or delete it to read the lists again.`,
  );
}

function fileOf(run: RunDirectory, name: string): string {
  return path.join(run.candidatesPath, `${name}.safetensors`);
}
