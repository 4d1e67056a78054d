import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { AttentionOverview } from '../protocol/attention';
import { makeFolder, writeFileAtomically } from '../runs/atomicFile';
import type { RunDirectory } from '../runs/runDirectory';

/** What an overview depends on beside the run. */
export interface OverviewKey {
  /** Of the checkpoint: steps that its weights have seen. */
  step: number;
  maxUsers: number;
  seed: number;
}

const SCHEMA_VERSION = '1.0';

interface OverviewFile extends OverviewKey {
  schemaVersion: string;
  overview: AttentionOverview;
}

/** An overview that was made before, from `attention/` of a run; null where there is none, or none whole: it is then made anew. */
export async function readOverview(run: RunDirectory, key: OverviewKey): Promise<AttentionOverview | null> {
  try {
    const text = await readFile(fileOf(run, key), 'utf8');
    const file = JSON.parse(text, withFloats) as OverviewFile;
    return file.schemaVersion === SCHEMA_VERSION ? file.overview : null;
  } catch {
    return null;
  }
}

/** Keeps an overview. Where that fails, as in a run that may only be read, it is said, and the overview made again next time. */
export async function tryWriteOverview(
  run: RunDirectory,
  key: OverviewKey,
  overview: AttentionOverview,
  warn: (message: string) => void,
): Promise<void> {
  const file: OverviewFile = { schemaVersion: SCHEMA_VERSION, ...key, overview };
  try {
    await makeFolder(run.attentionPath);
    await writeFileAtomically(
      fileOf(run, key),
      `${JSON.stringify(file, (_, value: unknown) => (value instanceof Float32Array ? [...value] : value))}\n`,
    );
  } catch (error) {
    warn(error instanceof Error ? error.message : String(error));
  }
}

function fileOf(run: RunDirectory, { step, maxUsers, seed }: OverviewKey): string {
  return path.join(run.attentionPath, `overview-${step}-${maxUsers}-${seed}.json`);
}

/** Lists of numbers, which JSON has in the place of typed arrays. */
const FLOATS = new Set(['byDistance', 'entropy', 'meanDistance', 'lastShare']);

function withFloats(name: string, value: unknown): unknown {
  return FLOATS.has(name) && Array.isArray(value) ? Float32Array.from(value as number[]) : value;
}
