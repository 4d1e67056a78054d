import { gainMetric } from './metric';
import { map } from './map';

/** What RecTools computes as MAP unless `divide_by_k` is set. */
export const rectoolsMap = gainMetric({
  name: 'rectoolsMap',
  title: 'MAP (RecTools)',
  definition: 'MAP with the sum divided by all relevant items, even if they are more than k.',
  range: '0 to 1; 1 needs at most k relevant items',
  higherIsBetter: true,
  gain: map.gains.gain,
  ideal: (numRelevant) => numRelevant,
});
