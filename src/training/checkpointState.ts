import { createHash } from 'node:crypto';
import path from 'node:path';
import { z } from 'zod';
import { systemReason } from '../protocol/errorText';
import type { EvaluationProtocol } from '../protocol/evaluation';
import type { MeasuredMetrics } from '../protocol/run';
import { readPlainFile, requirePlainFolder } from '../runs/plainFiles';
import { CHECKPOINT_STATE_FILE } from '../runs/runDirectory';
import { meansMissing } from '../runs/runErrors';
import { parseRunFile, stringifyRunJson } from '../runs/runJson';
import { count, measuredNumber, measuredSchema, misfitOf, protocolSchema } from '../runs/runSchema';
import type { EarlyStoppingState } from './earlyStopping';
import { TrainingError } from './trainingError';

/** The version that this code writes. Readers accept the same major. */
const SCHEMA_VERSION = '1.1';

/** Where training stands, beside the weights. Random numbers need no state: they follow from seed, epoch and step. */
export interface TrainingState {
  /** Epoch that is being trained, from 1. */
  epoch: number;
  /** Steps of that epoch that are done: the data cursor. */
  stepInEpoch: number;
  /** Steps of the whole run. */
  step: number;
  /** Sum of the losses of the steps of this epoch. */
  lossSum: number;
  /** Of the newest step; left out before the first, and by versions before 1.1. */
  loss?: number;
  /** Of the first step; left out as `loss` is. */
  startLoss?: number;
  earlyStopping: EarlyStoppingState;
  /** The newest validation; left out before the first, and by versions before 1.1. */
  last?: MeasuredMetrics & { protocol: EvaluationProtocol };
}

/** What a checkpoint's `state.json` holds. */
export interface CheckpointState extends TrainingState {
  /** Optimizer steps taken; differs from `step` in nothing today, but belongs to the optimizer. */
  optimizerStep: number;
  /** Names of the tensor files that belong to this state. */
  files: { model: string; optimizer: string | null };
}

/** A plain file of the checkpoint's own folder. */
const tensorFile = z.string().regex(/^[\w-]{1,100}\.safetensors$/);
const stateSchema: z.ZodType<CheckpointState> = z.object({
  epoch: z.int().positive(),
  stepInEpoch: count,
  step: count,
  lossSum: measuredNumber,
  loss: measuredNumber.exactOptional(),
  startLoss: measuredNumber.exactOptional(),
  earlyStopping: z.object({ best: measuredSchema.nullable(), withoutImprovement: count }),
  last: z.object({ ...measuredSchema.shape, protocol: protocolSchema }).exactOptional(),
  optimizerStep: count,
  files: z.object({ model: tensorFile, optimizer: tensorFile.nullable() }),
});

/** Text of `state.json`. Its last field is a checksum of the others. */
export function encodeState(state: CheckpointState): string {
  const content = { schemaVersion: SCHEMA_VERSION, ...state };
  return `${stringifyRunJson({ ...content, sha256: checksum(content) }, 2)}\n`;
}

/**
 * Reads the `state.json` of a checkpoint; null where there is none.
 * @throws TrainingError when it is damaged, cannot be read, which says nothing about what is in it, or is of a newer version
 */
export async function readState(directory: string): Promise<CheckpointState | null> {
  const file = stateFileOf(directory);
  let text: string;
  try {
    await requirePlainFolder(path.dirname(directory));
    text = (await readPlainFile(file)).toString();
  } catch (error) {
    if (meansMissing(error)) return null;
    throw unreadable(file, error);
  }
  return decodeState(text, file);
}

export function stateFileOf(directory: string): string {
  return path.join(directory, CHECKPOINT_STATE_FILE);
}

/** For a file of a checkpoint that is there and cannot be read. */
export function unreadable(file: string, error: unknown): TrainingError {
  return new TrainingError(
    'checkpoint/unreadable',
    `${file} cannot be read (${systemReason(error)}). The checkpoint was left as it is: try again when that is mended.`,
  );
}

function decodeState(text: string, file: string): CheckpointState {
  const damaged = (what: string) =>
    new TrainingError('checkpoint/damaged', `${file} ${what}: the checkpoint is damaged.`);
  let value: unknown;
  try {
    value = parseRunFile(text);
  } catch {
    throw damaged('is not valid JSON');
  }
  if (typeof value !== 'object' || value === null) throw damaged('holds no state');
  const { sha256, ...content } = value as Record<string, unknown>;
  const version = typeof content['schemaVersion'] === 'string' ? content['schemaVersion'] : '';
  const [major, supported] = [/^(\d+)\.\d+$/.exec(version)?.[1], SCHEMA_VERSION.split('.')[0]];
  if (Number(major) > Number(supported)) {
    throw new TrainingError(
      'checkpoint/newer-version',
      `${file} has schema version ${version}, and this RecSight reads ${supported}.x. Update RecSight to use this checkpoint.`,
    );
  }
  if (major !== supported) throw damaged('has no valid `schemaVersion`');
  const isUnmarked = version === '1.0' && sha256 === undefined;
  if (!isUnmarked && sha256 !== checksum(content)) throw damaged('does not fit its checksum');
  const { data, error } = stateSchema.safeParse(content);
  if (data === undefined) throw damaged(`lacks \`${misfitOf(error)}\`, or has a wrong value there`);
  return data;
}

function checksum(content: object): string {
  return createHash('sha256').update(stringifyRunJson(content)).digest('hex');
}
