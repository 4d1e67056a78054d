import { valuePerList, type Catalog } from '../topLists';
import type { ListMetric } from './metric';

/**
 * How much a model's relevant recommendations are beyond what popularity would have recommended (Murakami, Mori and Orihara,
 * 2008, "Metrics for evaluating the serendipity of recommendation lists"), with the probabilities as RecTools has them.
 */
export const serendipity: ListMetric = {
  name: 'serendipity',
  title: 'Serendipity',
  needs: 'list',
  definition:
    'Sum, over the relevant items among the first k, of max(p − q, 0), divided by k. With N items, p = (N + 1 − place) / N, and q is the same of the item’s rank by popularity in training, equally popular items sharing a rank without gaps; q = 0 for an item without interactions.',
  range: '0 to 1',
  higherIsBetter: true,
  of(lists, k, catalog) {
    const { numItems } = catalog;
    const popularity = popularityRanks(catalog);
    return valuePerList(lists, k, (list, row) => {
      const relevant = new Set(Array.from(lists.relevant(row)));
      let sum = 0;
      list.forEach((item, before) => {
        const rank = popularity[item]!;
        const expected = rank === 0 ? 0 : (numItems + 1 - rank) / numItems;
        if (relevant.has(item)) sum += Math.max((numItems - before) / numItems - expected, 0);
      });
      return sum / k;
    });
  },
};

/** Of each item index, the most popular being 1; 0 for items without interactions. */
function popularityRanks({ interactions }: Catalog): number[] {
  const counts = [...new Set(interactions)].filter((count) => count > 0).sort((a, b) => b - a);
  const rankOf = new Map(counts.map((count, before) => [count, before + 1]));
  return Array.from(interactions, (count) => rankOf.get(count) ?? 0);
}
