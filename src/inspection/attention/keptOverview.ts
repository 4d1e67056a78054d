import path from 'node:path';
import { z } from 'zod';
import type { AttentionOverview } from '../../protocol/attention';
import { errorText } from '../../protocol/errorText';
import { makeFolder, writeFileAtomically } from '../../runs/atomicFile';
import { readPlainFile } from '../../runs/plainFiles';
import type { RunDirectory } from '../../runs/runDirectory';

/** What an overview depends on beside the run. */
export interface OverviewKey {
  /** Of the checkpoint: steps that its weights have seen. */
  step: number;
  maxUsers: number;
  seed: number;
}

const SCHEMA_VERSION = '1.1';

/** A list of numbers, which JSON has in the place of a typed array. */
const floats = z.array(z.number()).transform((list) => Float32Array.from(list));
const overviewSchema: z.ZodType<AttentionOverview> = z.object({
  numUsers: z.int(),
  seed: z.number(),
  heads: z.array(
    z.object({
      view: z.string(),
      viewLabel: z.string(),
      label: z.string(),
      head: z.int(),
      part: z.enum(['head', 'slot']).nullable(),
      byDistance: floats,
      entropy: z.number(),
      relativeEntropy: z.number(),
      meanDistance: z.number(),
      lastShare: z.number(),
      cluster: z.int(),
    }),
  ),
  groups: z.array(
    z.object({
      label: z.string(),
      of: z.enum(['historyLength', 'popularity']),
      numUsers: z.int(),
      entropy: floats,
      meanDistance: floats,
      lastShare: floats,
    }),
  ),
});
const fileSchema = z.object({ schemaVersion: z.literal(SCHEMA_VERSION), overview: overviewSchema });

/** An overview that was made before, from `attention/` of a run; null where there is none, or none whole: it is then made anew. */
export async function readOverview(run: RunDirectory, key: OverviewKey): Promise<AttentionOverview | null> {
  try {
    const text = (await readPlainFile(fileOf(run, key))).toString();
    return fileSchema.safeParse(JSON.parse(text)).data?.overview ?? null;
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
  const file = { schemaVersion: SCHEMA_VERSION, ...key, overview };
  try {
    await makeFolder(run.attentionPath);
    await writeFileAtomically(
      fileOf(run, key),
      `${JSON.stringify(file, (_, value: unknown) => (value instanceof Float32Array ? [...value] : value))}\n`,
    );
  } catch (error) {
    warn(errorText(error));
  }
}

function fileOf(run: RunDirectory, { step, maxUsers, seed }: OverviewKey): string {
  return path.join(run.attentionPath, `overview-${step}-${maxUsers}-${seed}.json`);
}
