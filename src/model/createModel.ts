import type { ModelConfig } from '../config/schema';
import { Sasrec, sasrecSize } from './sasrec';
import type { ModelSize, SequenceModel } from './sequenceModel';

/** Builds the model that a config asks for, with fresh weights drawn from the seed. */
export function createModel(config: ModelConfig, numItems: number, seed: number): SequenceModel {
  return new Sasrec(config, numItems, seed);
}

/** What the model that a config asks for is going to take, before it is built. */
export function modelSize(
  config: ModelConfig,
  numItems: number,
  batchSize: number,
  threads: number,
): ModelSize {
  return sasrecSize(config, numItems, batchSize, threads);
}
