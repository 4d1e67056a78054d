import * as tf from '@tensorflow/tfjs-core';
import type { Optimizer } from '../compute/optimizers/optimizer';
import type { RandomStream } from '../compute/random';
import type { ClippingConfig } from '../options/trainingSchema';
import type { Model } from '../model/model';
import type { Batch } from '../model/batches/batchBuilder';
import type { StepChecks, StepResult } from '../userCode/stepChecks';
import { clipGradients } from './clipGradients';

export interface StepSettings {
  learningRate: number;
  /** None if left out. */
  clipping?: ClippingConfig | null;
}

/**
 * One optimizer step. Resolves with the loss before it; where that is no finite number, nothing was changed. The loss is
 * read asynchronously, because a GPU's tensors cannot be read in any other way.
 */
export async function trainStep(
  model: Model,
  optimizer: Optimizer,
  batch: Batch,
  random: RandomStream,
  settings: StepSettings,
): Promise<number> {
  return applyStep(model, optimizer, computeStep(model, batch, random), settings);
}

/**
 * The same of a model that its user wrote, which is checked.
 * @param random makes the stream of the step's random numbers from its start
 * @throws CodeError with the place of what is wrong in the user's file; nothing was changed then
 */
export async function checkedTrainStep(
  model: Model,
  checks: StepChecks,
  optimizer: Optimizer,
  batch: Batch,
  random: () => RandomStream,
  settings: StepSettings,
  place: { epoch: number; step: number },
): Promise<number> {
  const again = (): StepResult => computeStep(model, batch, random());
  const result = checks.compute(again);
  try {
    const loss = (await result.value.data())[0]!;
    await checks.requireFinite(loss, result, again, place);
  } catch (error) {
    tf.dispose([result.value, result.grads]);
    throw error;
  }
  return applyStep(model, optimizer, result, settings);
}

function computeStep(model: Model, batch: Batch, random: RandomStream): StepResult {
  return tf.variableGrads(() => model.loss(batch, random), [...model.variables.values()]);
}

async function applyStep(
  { variables }: Model,
  optimizer: Optimizer,
  { value, grads }: StepResult,
  { learningRate, clipping = null }: StepSettings,
): Promise<number> {
  let gradients = grads;
  try {
    const loss = (await value.data())[0]!;
    if (Number.isFinite(loss)) {
      if (clipping !== null) gradients = clipGradients(grads, clipping);
      optimizer.apply(variables, gradients, learningRate);
    }
    return loss;
  } finally {
    tf.dispose([value, grads, gradients]);
  }
}
