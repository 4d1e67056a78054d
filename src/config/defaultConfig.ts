import type { ModelConfig } from '../model/models';
import { configSchema, type ExperimentConfig } from './schema';

/** The config of a model of which nothing but its type was said; null for a type that this version does not know. */
export function defaultConfig(type: ModelConfig['type'] | (string & {})): ExperimentConfig | null {
  return configSchema.safeParse({ dataset: { path: '-' }, model: { type } }).data ?? null;
}
