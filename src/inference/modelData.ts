import type { PreparedDataset } from '../dataset/preparedDataset';
import type { ModelData } from '../model/model';

/** What a model may know of a dataset: nothing of it comes from the held-out interactions. */
export function modelDataOf(dataset: PreparedDataset): ModelData {
  const { numUsers, numItems, offsets, trainEnd, items, itemFeatures, userFeatures } = dataset;
  const itemCounts = new Uint32Array(numItems + 1);
  for (let user = 0; user < numUsers; user++) {
    for (let place = offsets[user]!; place < trainEnd[user]!; place++) itemCounts[items[place]!]!++;
  }
  return { numUsers, numItems, itemCounts, itemFeatures, userFeatures };
}
