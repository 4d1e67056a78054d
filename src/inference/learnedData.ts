import { historiesUntil } from '../dataset/histories';
import type { PreparedDataset } from '../dataset/preparedDataset';
import type { TrainingConfig } from '../options/trainingSchema';
import { InferenceError } from './inferenceError';

/**
 * The data as a model learns from them: in a refit, validation is part of training, in order of time. For what models are told and
 * trained on alone; what they are measured by counts the training part that the data have.
 * @throws InferenceError for labels that a random split divides
 */
export function learnedData(
  dataset: PreparedDataset,
  { refit }: Pick<TrainingConfig, 'refit'>,
): PreparedDataset {
  if (refit === undefined) return dataset;
  const { validationEnd, order, labeled } = dataset;
  const { items, times } = historiesUntil(dataset, 'validation');
  if (order !== null && labeled !== null) {
    throw new InferenceError(
      'refit/not-in-order',
      `A refit of data with labels needs a split in order of time, so that rows keep their histories, and this one is ${dataset.split.text}. ` +
        'Train a run with the split `temporal` or `ratio`, and refit that.',
    );
  }
  return {
    ...dataset,
    ...{ items, times, order: order && sortedUntil(dataset, order) },
    trainEnd: validationEnd,
    labeled: labeled && { ...labeled, trainEnd: labeled.validationEnd },
  };
}

/** The places of interactions when those before test are in order. */
function sortedUntil({ offsets, validationEnd }: PreparedDataset, order: Uint32Array): Uint32Array {
  const sorted = order.slice();
  validationEnd.forEach((end, user) => sorted.subarray(offsets[user], end).sort());
  return sorted;
}
