import { timesShown } from '../topLists';
import type { ListMetric } from './metric';

/** Catalog coverage (Ge et al., 2010, "Beyond accuracy: evaluating recommender systems by coverage and serendipity"). */
export const coverage: ListMetric = {
  name: 'coverage',
  title: 'Coverage',
  needs: 'list',
  definition: 'Catalog coverage: share of the catalog that is in the first k places of some user.',
  range: '0 to 1',
  higherIsBetter: true,
  of: (lists, k, { numItems }) =>
    timesShown(lists, k, numItems).filter((times) => times > 0).length / numItems,
};
