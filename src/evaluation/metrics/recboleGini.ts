import { gini } from './gini';
import type { ListMetric } from './metric';
import { withPadding } from './recboleCoverage';

/** What RecBole computes as GiniIndex. */
export const recboleGini: ListMetric = {
  ...gini,
  name: 'recboleGini',
  title: 'Gini (RecBole)',
  definition: 'Gini with the padding counted as an item of the catalog that is never recommended.',
  of: (lists, k, catalog) => gini.of(lists, k, withPadding(catalog)),
};
