import { timesShown } from '../topLists';
import type { ListMetric } from './metric';

/** How unequally recommendations are spread over the catalog (Gini, 1912; Fleder and Hosanagar, 2009, for recommenders). */
export const gini: ListMetric = {
  name: 'gini',
  title: 'Gini',
  needs: 'list',
  definition:
    'Gini index of how often each item of the catalog is in the first k: with the N counts c in ascending order, Σ (2j − N − 1) · c(j) / (N · Σ c). 0: all items equally often.',
  range: '0 to 1',
  higherIsBetter: false,
  of(lists, k, { numItems }) {
    const ascending = timesShown(lists, k, numItems).subarray(1).sort();
    let sum = 0;
    let weighted = 0;
    ascending.forEach((times, before) => {
      sum += times;
      weighted += (2 * (before + 1) - numItems - 1) * times;
    });
    return weighted / (numItems * sum);
  },
};
