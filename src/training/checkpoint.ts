import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import type { EarlyStoppingState } from './earlyStopping';
import { writeFileAtomically } from '../runs/atomicFile';
import { toWriteError } from '../runs/runErrors';
import { decodeSafetensors, encodeSafetensors, type NamedTensor } from './safetensors';
import { TrainingError } from './trainingError';

const STATE_FILE = 'state.json';

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
  earlyStopping: EarlyStoppingState;
}

interface StateFile extends TrainingState {
  schemaVersion: '1.0';
  /** Optimizer steps taken; differs from `step` in nothing today, but belongs to the optimizer. */
  optimizerStep: number;
  /** Names of the tensor files that belong to this state. */
  files: { model: string; optimizer: string | null };
}

type Variables = ReadonlyMap<string, tf.Variable>;

export interface OptimizerState {
  step: number;
  readonly state: Variables;
}

/**
 * Saves a checkpoint. The tensors go into new files first; replacing `state.json`, which names them, is what makes the
 * checkpoint valid. A crash or a full disk in between leaves the old checkpoint whole.
 * @param optimizer null where nobody will resume from it
 * @throws RunWriteError (`disk/full`)
 */
export async function saveCheckpoint(
  directory: string,
  variables: Variables,
  optimizer: OptimizerState | null,
  state: TrainingState,
): Promise<void> {
  await mkdir(directory, { recursive: true }).catch((error: unknown) => {
    throw toWriteError(error, directory);
  });
  // The name is new even when no step was taken since the last checkpoint: a valid file is never written over.
  const suffix = `${state.step}-${randomBytes(3).toString('hex')}.safetensors`;
  const files: StateFile['files'] = {
    model: `model-${suffix}`,
    optimizer: optimizer === null ? null : `optimizer-${suffix}`,
  };
  const written = [files.model, files.optimizer].filter((name) => name !== null);
  try {
    await writeTensors(path.join(directory, files.model), variables);
    if (optimizer !== null) await writeTensors(path.join(directory, `optimizer-${suffix}`), optimizer.state);
    const content: StateFile = {
      schemaVersion: '1.0',
      ...state,
      optimizerStep: optimizer?.step ?? state.step,
      files,
    };
    await writeFileAtomically(path.join(directory, STATE_FILE), `${JSON.stringify(content, null, 2)}\n`);
  } catch (error) {
    for (const name of written) await rm(path.join(directory, name), { force: true }).catch(() => undefined);
    throw toWriteError(error, directory);
  }
  for (const name of await readdir(directory)) {
    if (name.endsWith('.safetensors') && !written.includes(name)) {
      await rm(path.join(directory, name), { force: true });
    }
  }
}

/** Reads the state of a checkpoint, or null when there is none. */
export async function readState(directory: string): Promise<TrainingState | null> {
  return readStateFile(directory);
}

/**
 * Loads a checkpoint into a model and, if given, its optimizer.
 * @throws TrainingError when there is none, or it is damaged, or it is of another model
 */
export async function loadCheckpoint(
  directory: string,
  variables: Variables,
  optimizer: OptimizerState | null,
): Promise<TrainingState> {
  const state = await readStateFile(directory);
  if (state === null) {
    throw new TrainingError(
      'checkpoint/missing',
      `There is no checkpoint in ${directory}. The run ended before its first epoch was saved: start it anew.`,
    );
  }
  await readTensors(path.join(directory, state.files.model), variables);
  if (optimizer !== null) {
    if (state.files.optimizer === null) {
      throw new TrainingError(
        'checkpoint/no-optimizer',
        `The checkpoint in ${directory} has no optimizer state and cannot be resumed from.`,
      );
    }
    await readTensors(path.join(directory, state.files.optimizer), optimizer.state);
    optimizer.step = state.optimizerStep;
  }
  return state;
}

async function readStateFile(directory: string): Promise<StateFile | null> {
  const file = path.join(directory, STATE_FILE);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch {
    return null;
  }
  try {
    return JSON.parse(text) as StateFile;
  } catch {
    throw new TrainingError('checkpoint/damaged', `${file} is not valid JSON: the checkpoint is damaged.`);
  }
}

async function writeTensors(file: string, variables: Variables): Promise<void> {
  const tensors = new Map<string, NamedTensor>();
  for (const [name, variable] of variables) {
    tensors.set(name, { shape: variable.shape, values: (await variable.data()) as Float32Array });
  }
  await writeDurably(file, encodeSafetensors(tensors));
}

async function readTensors(file: string, variables: Variables): Promise<void> {
  let tensors: Map<string, NamedTensor>;
  try {
    tensors = decodeSafetensors(await readFile(file));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new TrainingError('checkpoint/damaged', `The checkpoint file ${file} cannot be read: ${reason}.`);
  }
  for (const [name, variable] of variables) {
    const stored = tensors.get(name);
    if (stored === undefined || stored.shape.join() !== variable.shape.join()) {
      const found = stored === undefined ? 'it is missing' : `its shape is [${stored.shape.join(', ')}]`;
      throw new TrainingError(
        'checkpoint/other-model',
        `${file} does not fit the model: \`${name}\` should have the shape [${variable.shape.join(', ')}], and ${found}. ` +
          'The data or the model changed since the checkpoint was written.',
      );
    }
    tf.tidy(() => variable.assign(tf.tensor(stored.values, stored.shape)));
  }
}

/** Writes and waits until the bytes are on the disk, so that a state never names a file that a power cut ate. */
async function writeDurably(file: string, bytes: Buffer): Promise<void> {
  await writeFile(file, bytes);
  const handle = await open(file, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
