import * as tf from '@tensorflow/tfjs-core';
import type { Adam } from '../compute/adam';
import type { RandomStream } from '../compute/random';
import type { Batch, Model } from '../model/model';

/**
 * One optimizer step. Resolves with the loss before it; where that is no finite number, nothing was changed. The loss is
 * read asynchronously, because a GPU's tensors cannot be read in any other way.
 */
export async function trainStep(
  model: Model,
  optimizer: Adam,
  batch: Batch,
  random: RandomStream,
): Promise<number> {
  const { variables } = model;
  const { value, grads } = tf.variableGrads(() => model.loss(batch, random), [...variables.values()]);
  try {
    const loss = (await value.data())[0]!;
    if (Number.isFinite(loss)) optimizer.apply(variables, grads);
    return loss;
  } finally {
    tf.dispose([value, grads]);
  }
}
