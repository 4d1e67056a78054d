import { readFile, stat } from 'node:fs/promises';
import { systemReason } from '../protocol/errorText';
import { isRecord } from '../protocol/isRecord';
import { RUN_SCHEMA_VERSION } from '../protocol/run';
import { requirePlainFile } from './plainFiles';
import { meansMissing, RunReadError } from './runErrors';
import { parseRunFile } from './runJson';

/** The content of a JSON file of a run. @param hintWhenMissing follows what is said then @throws RunReadError */
export async function readJsonFile(
  file: string,
  hintWhenMissing: string,
  maxBytes = Infinity,
): Promise<unknown> {
  let text: string;
  try {
    await requirePlainFile(file);
    const { size } = maxBytes === Infinity ? { size: 0 } : await stat(file);
    if (size > maxBytes) {
      throw new RunReadError('run/corrupt', `${file} has ${size} bytes, far too many. The file is damaged.`);
    }
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof RunReadError) throw error;
    if (meansMissing(error)) {
      throw new RunReadError('run/missing', `${file} does not exist. ${hintWhenMissing}`.trim());
    }
    throw new RunReadError('run/unreadable', `${file} cannot be read (${systemReason(error)}).`);
  }
  try {
    return parseRunFile(text);
  } catch {
    const found = text.trim() === '' ? 'is empty' : 'is not valid JSON';
    throw new RunReadError('run/corrupt', `${file} ${found}. The file is damaged; the run cannot be shown.`);
  }
}

/** @throws RunReadError where a file is of a newer major version than this code writes, or does not say its version */
export function checkSchemaVersion(file: string, value: unknown): void {
  const version = isRecord(value) ? value.schemaVersion : undefined;
  const major = typeof version === 'string' ? /^(\d+)\.\d+$/.exec(version)?.[1] : undefined;
  const supported = Number(RUN_SCHEMA_VERSION.split('.')[0]);
  if (major !== undefined && Number(major) > supported) {
    throw new RunReadError(
      'run/newer-version',
      `${file} has schema version ${version as string}, but this RecSight reads ${supported}.x. Update RecSight to view this run.`,
    );
  }
  if (major === undefined) {
    throw new RunReadError(
      'run/corrupt',
      `${file}: the field \`schemaVersion\` is missing or not a version.`,
    );
  }
}
