import type { PreparedDataset } from '../dataset/preparedDataset';
import { itemCountsOf } from '../model/batches/batchBuilder';
import type { ModelData } from '../model/model';

/** What a model may know of a dataset: nothing of it comes from the held-out interactions. */
export function modelDataOf(dataset: PreparedDataset): ModelData {
  const { numUsers, numItems, itemFeatures, userFeatures, labeled } = dataset;
  return {
    ...{ numUsers, numItems, itemCounts: itemCountsOf(dataset), itemFeatures, userFeatures },
    ...(labeled !== null && { labeled: true }),
  };
}
