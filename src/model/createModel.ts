import type { BaselineImplementation, TrainedImplementation } from './description';
import type { Baseline, TrainingSequences } from './baseline';
import type { LetEventsIn } from '../protocol/letEventsIn';
import type { Model, ModelData, ModelSize, SizeContext } from './model';
import { describedModel, type BaselineConfig, type TrainedModelConfig } from './models';

/** Builds the model that a config asks for, with fresh weights drawn from the seed. */
export async function createModel(config: TrainedModelConfig, data: ModelData, seed: number): Promise<Model> {
  const implementation: TrainedImplementation<TrainedModelConfig> = await describedModel(config).load();
  return implementation.create(config, data, seed);
}

/** What the model that a config asks for is going to take, before it is built. */
export async function modelSize(config: TrainedModelConfig, context: SizeContext): Promise<ModelSize> {
  const implementation: TrainedImplementation<TrainedModelConfig> = await describedModel(config).load();
  return implementation.size(config, context);
}

/** Fits a baseline to the given sequences. It calls `letEventsIn` now and then, also while scores are made later. */
export async function fitBaseline(
  config: BaselineConfig,
  sequences: TrainingSequences,
  seed: number,
  letEventsIn?: LetEventsIn,
): Promise<Baseline> {
  const implementation: BaselineImplementation<BaselineConfig> = await describedModel(config).load();
  return implementation.fit(sequences, config, seed, letEventsIn);
}
