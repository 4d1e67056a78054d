import type { FeatureColumn } from '../../protocol/features';
import type { ModelData } from '../model';
import { chosenColumns } from '../parts/chosenColumns';
import { featureWidth } from '../parts/featureEmbedding';
import type { TwoTowerConfig } from './options';

/** The tables of one tower: of ids, and of feature values. */
export interface TowerTables {
  of: 'users' | 'items';
  count: number;
  columns: readonly FeatureColumn[];
  idSize: number;
  featureSize: number;
}

/**
 * What goes into the towers; `users` is null where a history is all that is known of them.
 * @throws ModelError when the config names a feature that the data do not have
 */
export function towerInputs(
  config: TwoTowerConfig,
  data: ModelData,
): { users: TowerTables | null; items: TowerTables; historyWidth: number } {
  const { embeddingSize, userIds } = config;
  const userColumns = chosenColumns(data.userFeatures, config.userFeatures, 'model.userFeatures');
  const items: TowerTables = {
    of: 'items',
    count: data.numItems,
    columns: chosenColumns(data.itemFeatures, config.itemFeatures, 'model.itemFeatures'),
    idSize: embeddingSize,
    featureSize: embeddingSize,
  };
  const users: TowerTables = {
    of: 'users',
    count: data.numUsers,
    columns: userColumns,
    idSize: userIds ? embeddingSize : 0,
    featureSize: embeddingSize,
  };
  return {
    users: userIds || userColumns.length > 0 ? users : null,
    items,
    historyWidth: config.maxSequenceLength > 0 ? featureWidth(items) : 0,
  };
}
