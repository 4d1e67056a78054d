import { gainMetric } from './metric';

/** With one relevant item the hit rate is the recall, too. */
export const hr = gainMetric({
  name: 'hr',
  title: 'HR',
  definition: 'Hit rate: 1 if a relevant item is among the first k, else 0.',
  range: '0 to 1',
  higherIsBetter: true,
  gain: (_place, nth) => (nth === 1 ? 1 : 0),
  ideal: () => 1,
});
