import { createHash } from 'node:crypto';
import path from 'node:path';
import { z } from 'zod';
import { systemReason } from '../protocol/errorText';
import type { EvaluationProtocol } from '../protocol/evaluation';
import type { MeasuredMetrics, RunManifest } from '../protocol/run';
import { readPlainFile, requirePlainFolder } from './plainFiles';
import { CHECKPOINT_STATE_FILE, type RunDirectory } from './runDirectory';
import { CheckpointError, meansMissing } from './runErrors';
import { parseRunFile, stringifyRunJson } from './runJson';
import { count, measuredNumber, measuredSchema, misfitOf, protocolSchema } from './runSchema';

/** The version that this code writes. Readers accept the same major. */
const SCHEMA_VERSION = '1.1';

/** The best validation so far, and how many came since. */
export interface EarlyStoppingState {
  best: MeasuredMetrics | null;
  /** Validations since the best one. */
  withoutImprovement: number;
}

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
 * @throws CheckpointError when it is damaged, cannot be read, which says nothing about what is in it, or is of a newer version
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

/**
 * The manifest of a run whose trainer died, as its checkpoints have it. A trainer writes the manifest now and then only, and may
 * have saved epochs that are not in it yet: what is shown and gone on from is what was saved.
 */
export async function followCheckpoints(run: RunDirectory, manifest: RunManifest): Promise<RunManifest> {
  // One that cannot be read tells nothing; whoever resumes from it hears why.
  const read = (name: string) => readState(run.checkpointPath(name)).catch(() => null);
  const last = await read('last');
  if (last === null) return manifest;
  const best = await read('best');
  // `best` is saved first.
  const newest = best !== null && best.step > last.step ? best : last;
  const { progress } = manifest;
  const isAhead = newest.step > progress.step;
  const validated = newest.last;
  return {
    ...manifest,
    best: newest.earlyStopping.best,
    last: validated
      ? { epoch: validated.epoch, step: validated.step, metrics: validated.metrics }
      : manifest.last,
    protocol: validated?.protocol ?? manifest.protocol,
    progress: {
      ...progress,
      epoch: newest.epoch - 1,
      step: isAhead ? newest.step : progress.step,
      loss: isAhead ? (newest.loss ?? progress.loss) : progress.loss,
    },
  };
}

/**
 * How many epochs a checkpoint has behind it, counted as everywhere by finished ones: 1.5 in the middle of the second.
 * @param stepsPerEpoch 0 where that is not known
 */
export function epochsBehind({ epoch, stepInEpoch }: TrainingState, stepsPerEpoch: number): number {
  return epoch - 1 + (stepsPerEpoch > 0 ? stepInEpoch / stepsPerEpoch : 0);
}

export function stateFileOf(directory: string): string {
  return path.join(directory, CHECKPOINT_STATE_FILE);
}

/** For a file of a checkpoint that is there and cannot be read. */
export function unreadable(file: string, error: unknown): CheckpointError {
  return new CheckpointError(
    'checkpoint/unreadable',
    `${file} cannot be read (${systemReason(error)}). The checkpoint was left as it is: try again when that is fixed.`,
  );
}

function decodeState(text: string, file: string): CheckpointState {
  const damaged = (what: string) =>
    new CheckpointError('checkpoint/damaged', `${file} ${what}: the checkpoint is damaged.`);
  let value: unknown;
  try {
    value = parseRunFile(text);
  } catch {
    throw damaged('is not valid JSON');
  }
  if (typeof value !== 'object' || value === null) throw damaged('contains no state');
  const { sha256, ...content } = value as Record<string, unknown>;
  const version = typeof content['schemaVersion'] === 'string' ? content['schemaVersion'] : '';
  const [major, supported] = [/^(\d+)\.\d+$/.exec(version)?.[1], SCHEMA_VERSION.split('.')[0]];
  if (Number(major) > Number(supported)) {
    throw new CheckpointError(
      'checkpoint/newer-version',
      `${file} has schema version ${version}, but this RecSight reads ${supported}.x. Update RecSight to use this checkpoint.`,
    );
  }
  if (major !== supported) throw damaged('has no valid `schemaVersion`');
  const isUnmarked = version === '1.0' && sha256 === undefined;
  if (!isUnmarked && sha256 !== checksum(content)) throw damaged('does not match its checksum');
  const { data, error } = stateSchema.safeParse(content);
  if (data === undefined) throw damaged(`has no valid \`${misfitOf(error)}\``);
  return data;
}

function checksum(content: object): string {
  return createHash('sha256').update(stringifyRunJson(content)).digest('hex');
}
