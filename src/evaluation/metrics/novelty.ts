import { meanOf, valuePerList } from '../topLists';
import type { ListMetric } from './metric';

/**
 * Mean inverse user frequency, the self-information of items (Castells, Hurley and Vargas, 2015, "Novelty and diversity in
 * recommender systems"). An item that nobody had in training counts as if one user had.
 */
export const novelty: ListMetric = {
  name: 'novelty',
  title: 'Novelty',
  needs: 'list',
  definition:
    'Mean over the first k of −log₂ of the share of training users who have the item, in bits; one without users counts as one with one.',
  range: '0 to log₂(users)',
  higherIsBetter: true,
  of: (lists, k, { users, numUsers }) =>
    valuePerList(lists, k, (list) =>
      meanOf(list, (item) => -Math.log2(Math.max(users[item]!, 1) / numUsers)),
    ),
};
