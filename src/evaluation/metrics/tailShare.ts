import { meanOf, valuePerList, type Catalog } from '../topLists';
import type { ListMetric } from './metric';

/** Share of the items of training that are its tail, as in RecBole. */
const TAIL_RATIO = 0.1;

/**
 * Share of the long tail in what is recommended (Abdollahpouri, Burke and Mobasher, 2019, "Managing popularity bias in
 * recommender systems with personalized re-ranking").
 */
export const tailShare: ListMetric = {
  name: 'tailShare',
  title: 'Tail share',
  needs: 'list',
  definition:
    'Share of the first k that are among the tenth of the training items with the fewest interactions (at least one item; of equal counts those that come first in the data). Items without interactions are not tail.',
  range: '0 to 1',
  higherIsBetter: true,
  of(lists, k, catalog) {
    const tail = tailItems(catalog, TAIL_RATIO);
    return valuePerList(lists, k, (list) => meanOf(list, (item) => (tail.has(item) ? 1 : 0)));
  },
};

/** The least frequent items of training, such a share of them; ties by lower index. */
function tailItems({ interactions }: Catalog, ratio: number): ReadonlySet<number> {
  const known = [...interactions.keys()].filter((item) => interactions[item]! > 0);
  known.sort((a, b) => interactions[a]! - interactions[b]! || a - b);
  return new Set(known.slice(0, Math.max(1, Math.floor(ratio * known.length))));
}
