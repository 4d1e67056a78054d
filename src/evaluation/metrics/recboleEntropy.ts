import { timesShown } from '../topLists';
import { entropy } from './entropy';
import type { ListMetric } from './metric';

/** What RecBole computes as ShannonEntropy. */
export const recboleEntropy: ListMetric = {
  ...entropy,
  name: 'recboleEntropy',
  title: 'Entropy (RecBole)',
  definition: 'Entropy divided by the number of distinct items that are recommended.',
  range: '0 to 0.37',
  of(lists, k, catalog) {
    const distinct = timesShown(lists, k, catalog.numItems).filter((times) => times > 0).length;
    return Number(entropy.of(lists, k, catalog)) / distinct;
  },
};
