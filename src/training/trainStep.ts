import * as tf from '@tensorflow/tfjs-core';
import type { Optimizer } from '../compute/optimizers/optimizer';
import type { RandomStream } from '../compute/random';
import type { ClippingConfig } from '../options/trainingSchema';
import type { Model } from '../model/model';
import type { Batch } from '../model/batches/batchBuilder';
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
  { learningRate, clipping = null }: StepSettings,
): Promise<number> {
  const { variables } = model;
  const { value, grads } = tf.variableGrads(() => model.loss(batch, random), [...variables.values()]);
  let gradients: Record<string, tf.Tensor> = grads;
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
