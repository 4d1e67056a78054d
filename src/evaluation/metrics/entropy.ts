import { timesShown } from '../topLists';
import type { ListMetric } from './metric';

/** Shannon (1948), "A mathematical theory of communication". RecBole's divides it by the number of distinct items. */
export const entropy: ListMetric = {
  name: 'entropy',
  title: 'Entropy',
  needs: 'list',
  definition:
    'Shannon entropy, −Σ p · ln p, of the share p that each item has of all first k places, in nats.',
  range: '0 to ln(items)',
  higherIsBetter: true,
  of(lists, k, { numItems }) {
    const times = timesShown(lists, k, numItems).filter((count) => count > 0);
    const total = times.reduce((sum, count) => sum + count, 0);
    return times.reduce((sum, count) => sum - (count / total) * Math.log(count / total), 0);
  },
};
