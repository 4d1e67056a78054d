import { meanOf, valuePerList } from '../topLists';
import type { ListMetric } from './metric';

/** Yin et al. (2012), "Challenging the long tail recommendation". */
export const averagePopularity: ListMetric = {
  name: 'averagePopularity',
  title: 'Average popularity',
  needs: 'list',
  definition: 'Mean over the first k of the number of training interactions with the item.',
  range: 'at least 0',
  higherIsBetter: false,
  of: (lists, k, { interactions }) =>
    valuePerList(lists, k, (list) => meanOf(list, (item) => interactions[item]!)),
};
