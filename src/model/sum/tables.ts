import type { ModelData } from '../model';
import { chosenColumns } from '../parts/chosenColumns';
import type { FeatureEmbeddingOptions } from '../parts/featureEmbedding';
import type { SumConfig } from './options';

/** The tables of item vectors. @throws ModelError when the config names a feature that the data do not have */
export function itemTables(
  config: SumConfig,
  { numItems, itemFeatures }: ModelData,
): Omit<FeatureEmbeddingOptions, 'initializer'> {
  return {
    of: 'items',
    count: numItems,
    columns: chosenColumns(itemFeatures, config.itemFeatures, 'model.itemFeatures'),
    idSize: config.itemEmbeddingSize,
    featureSize: config.featureEmbeddingSize,
  };
}

/** The table of user vectors, of the width 0 for none. */
export function userTables(
  config: SumConfig,
  { numUsers }: ModelData,
): Omit<FeatureEmbeddingOptions, 'initializer'> {
  return {
    of: 'users',
    count: numUsers,
    columns: [],
    idSize: config.userEmbeddingSize,
    featureSize: config.featureEmbeddingSize,
  };
}
