import { randomBytes } from 'node:crypto';
import { open, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { errorText } from '../protocol/errorText';
import { makeFolder, writeFileAtomically } from '../runs/atomicFile';
import { readPlainFile } from '../runs/plainFiles';
import { CheckpointError, meansMissing, toWriteError } from '../runs/runErrors';
import {
  encodeState,
  readState,
  stateFileOf,
  unreadable,
  type CheckpointState,
  type TrainingState,
} from '../runs/checkpointState';
import { decodeSafetensors, encodeSafetensors, type NamedTensor } from '../formats/safetensors';
import { InferenceError } from './inferenceError';

/** A run in training saves a checkpoint now and then; never so often that all of these reads fall into a save. */
const MAX_READS = 20;

type Variables = ReadonlyMap<string, tf.Variable>;
type Tensors = ReadonlyMap<string, NamedTensor>;

export interface OptimizerState {
  step: number;
  readonly state: Variables;
}

/**
 * Saves a checkpoint. The tensors go into new files first; replacing `state.json`, which names them, is what makes the
 * checkpoint valid. A crash or a full disk in between leaves the old checkpoint whole.
 * @param directory its parent's parent must be there
 * @param optimizer null where nobody will resume from it
 * @param beforeReplacing called before the checkpoint becomes valid, and before the files of the old one are removed:
 *   writes what must be on the disk earlier, and throws where this process may no longer write
 * @throws RunWriteError (`disk/full`), and what `beforeReplacing` throws
 */
export async function saveCheckpoint(
  directory: string,
  variables: Variables,
  optimizer: OptimizerState | null,
  state: TrainingState,
  beforeReplacing: () => void = () => undefined,
): Promise<void> {
  await makeFolder(path.dirname(directory));
  await makeFolder(directory);
  // The name is new even when no step was taken since the last checkpoint: a valid file is never written over.
  const suffix = `${state.step}-${randomBytes(3).toString('hex')}.safetensors`;
  const files: CheckpointState['files'] = {
    model: `model-${suffix}`,
    optimizer: optimizer === null ? null : `optimizer-${suffix}`,
  };
  const written = [files.model, files.optimizer].filter((name) => name !== null);
  try {
    await writeTensors(path.join(directory, files.model), variables);
    if (optimizer !== null) await writeTensors(path.join(directory, `optimizer-${suffix}`), optimizer.state);
    const content = encodeState({ ...state, optimizerStep: optimizer?.step ?? state.step, files });
    await writeFileAtomically(stateFileOf(directory), content, beforeReplacing);
  } catch (error) {
    for (const name of written) await rm(path.join(directory, name), { force: true }).catch(() => undefined);
    throw error;
  }
  beforeReplacing();
  await removeOtherTensors(directory, written);
}

/** Removes the tensor files that a trainer which was killed while it saved has left. The caller holds the run's lock. */
export async function sweepCheckpoint(directory: string): Promise<void> {
  const state = await readState(directory);
  if (state !== null) await removeOtherTensors(directory, Object.values(state.files));
}

async function removeOtherTensors(directory: string, kept: readonly (string | null)[]): Promise<void> {
  // Nothing depends on it: where it cannot be done now, the next checkpoint does it.
  for (const name of await readdir(directory).catch(() => [])) {
    if (name.endsWith('.safetensors') && !kept.includes(name)) {
      // One that stays, as on Windows while somebody reads it, goes with the next.
      await rm(path.join(directory, name), { force: true }).catch(() => undefined);
    }
  }
}

/**
 * Loads a checkpoint into a model and, if given, its optimizer. Nothing is changed unless all of it is sound.
 * @throws InferenceError when there is none, or it is of another model, CheckpointError when it is damaged
 */
export async function loadCheckpoint(
  directory: string,
  variables: Variables,
  optimizer: OptimizerState | null,
): Promise<TrainingState> {
  const { state, model, moments } = await readCheckpoint(directory, optimizer !== null);
  const { files } = state;
  checkShapes(path.join(directory, files.model), model, variables);
  if (optimizer !== null) checkShapes(path.join(directory, files.optimizer ?? ''), moments, optimizer.state);
  assign(model, variables);
  if (optimizer !== null) {
    assign(moments, optimizer.state);
    optimizer.step = state.optimizerStep;
  }
  return state;
}

/** Reads all of a checkpoint. A run in training may replace it meanwhile, and remove the files that its state named. */
async function readCheckpoint(
  directory: string,
  withOptimizer: boolean,
): Promise<{ state: CheckpointState; model: Tensors; moments: Tensors }> {
  for (let read = 1; ; read++) {
    const state = await readState(directory);
    if (state === null) {
      throw new InferenceError(
        'checkpoint/missing',
        `There is no checkpoint in ${directory}. The run ended before its first epoch was saved; train it again.`,
      );
    }
    const { model, optimizer } = state.files;
    if (withOptimizer && optimizer === null) {
      throw new InferenceError(
        'checkpoint/no-optimizer',
        `The checkpoint in ${directory} has no optimizer state and cannot be resumed from.`,
      );
    }
    try {
      return {
        state,
        model: await readTensors(path.join(directory, model)),
        moments: withOptimizer ? await readTensors(path.join(directory, optimizer ?? '')) : new Map(),
      };
    } catch (error) {
      const isSame = (await readState(directory))?.files.model === model;
      if (isSame || read === MAX_READS) throw error;
    }
  }
}

async function writeTensors(file: string, variables: Variables): Promise<void> {
  const tensors = new Map<string, NamedTensor>();
  for (const [name, variable] of variables) {
    tensors.set(name, { shape: variable.shape, values: (await variable.data()) as Float32Array });
  }
  try {
    await writeDurably(file, encodeSafetensors(tensors));
  } catch (error) {
    throw toWriteError(error, file);
  }
}

async function readTensors(file: string): Promise<Tensors> {
  let bytes: Buffer;
  try {
    bytes = await readPlainFile(file);
  } catch (error) {
    if (!meansMissing(error)) throw unreadable(file, error);
    throw new CheckpointError(
      'checkpoint/damaged',
      `The checkpoint is damaged: its file ${file} is missing.`,
    );
  }
  try {
    return decodeSafetensors(bytes);
  } catch (error) {
    const reason = errorText(error);
    throw new CheckpointError('checkpoint/damaged', `The checkpoint file ${file} is damaged: ${reason}.`);
  }
}

function checkShapes(file: string, tensors: Tensors, variables: Variables): void {
  for (const [name, variable] of variables) {
    const stored = tensors.get(name);
    if (stored === undefined || stored.shape.join() !== variable.shape.join()) {
      const found = stored === undefined ? 'it is missing' : `its shape is [${stored.shape.join(', ')}]`;
      throw new InferenceError(
        'checkpoint/other-model',
        `${file} does not fit the model: \`${name}\` should have the shape [${variable.shape.join(', ')}], and ${found}. ` +
          'The data or the model changed since the checkpoint was written.',
      );
    }
  }
}

/** Every variable has its tensor: see `checkShapes`. */
function assign(tensors: Tensors, variables: Variables): void {
  for (const [name, variable] of variables) {
    const { values, shape } = tensors.get(name)!;
    tf.tidy(() => variable.assign(tf.tensor(values, shape)));
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
