import type { ModelConfig } from '../config/schema';
import { Sasrec } from './sasrec';
import type { SequenceModel } from './sequenceModel';

/** Builds the model that a config asks for, with fresh weights drawn from the seed. */
export function createModel(config: ModelConfig, numItems: number, seed: number): SequenceModel {
  return new Sasrec(config, numItems, seed);
}
