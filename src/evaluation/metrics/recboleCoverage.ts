import { coverage } from './coverage';
import type { ListMetric } from './metric';

/** What RecBole computes as ItemCoverage. */
export const recboleCoverage: ListMetric = {
  ...coverage,
  name: 'recboleCoverage',
  title: 'Coverage (RecBole)',
  definition: 'Coverage with the padding counted as an item of the catalog.',
  of: (lists, k, catalog) => coverage.of(lists, k, withPadding(catalog)),
};

/** RecBole counts the padding as an item. */
export function withPadding<Some extends { numItems: number }>(catalog: Some): Some {
  return { ...catalog, numItems: catalog.numItems + 1 };
}
