import type { PreparedDataset } from '../dataset/preparedDataset';
import type { Batch, BatchRequest } from '../model/model';
import { ExampleBatches } from './exampleBatches';
import { SequenceBatches } from './sequenceBatches';

/**
 * The training part cut into batches, in a new order each epoch. Every batch depends only on the data, the seed and its
 * place, so training can be taken up anywhere.
 */
export interface Batches {
  readonly stepsPerEpoch: number;
  /** @param epoch from 1 @param index from 0 within the epoch */
  batch(epoch: number, index: number): Batch;
}

/** Batches of the kind that a model asks for. @throws TrainingError when there is nothing to learn from */
export function createBatches(
  dataset: PreparedDataset,
  request: BatchRequest,
  batchSize: number,
  seed: number,
): Batches {
  return request.kind === 'sequences'
    ? new SequenceBatches(dataset, request, batchSize, seed)
    : new ExampleBatches(dataset, request, batchSize, seed);
}
