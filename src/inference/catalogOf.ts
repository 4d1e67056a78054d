import type { PreparedDataset } from '../dataset/preparedDataset';
import type { Catalog } from '../evaluation/topLists';
import type { FeatureColumn } from '../protocol/features';

/** What metrics of lists may know of the items: training alone is counted, whichever part is measured. */
export function catalogOf(dataset: PreparedDataset): Catalog {
  const { numItems, offsets, trainEnd, items, itemFeatures } = dataset;
  const interactions = new Uint32Array(numItems + 1);
  const users = new Uint32Array(numItems + 1);
  let numUsers = 0;
  trainEnd.forEach((end, user) => {
    const own = items.subarray(offsets[user], end);
    if (own.length > 0) numUsers++;
    for (const item of own) interactions[item]!++;
    for (const item of new Set(own)) users[item]!++;
  });
  return { numItems, numUsers, interactions, users, categories: categoriesOf(itemFeatures, numItems) };
}

/** All values of an item's `category` and `multi` features, numbered through; null where there are no such features. */
function categoriesOf(features: readonly FeatureColumn[], numItems: number): number[][] | null {
  const columns = features.filter((feature) => feature.kind !== 'number');
  if (columns.length === 0) return null;
  const categories = Array.from({ length: numItems + 1 }, (): number[] => []);
  let first = 0;
  for (const column of columns) {
    categories.forEach((own, item) => {
      const values =
        column.kind === 'category'
          ? [column.values[item]!]
          : column.values.subarray(column.offsets[item], column.offsets[item + 1]);
      // 0 stands for a value that is unknown.
      const known = new Set([...values].filter((value) => value > 0));
      own.push(...[...known].sort((a, b) => a - b).map((value) => first + value));
    });
    first += column.labels.length;
  }
  return categories;
}
