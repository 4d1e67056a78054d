import { valuePerList } from '../topLists';
import type { ListMetric } from './metric';

/**
 * Intra-list diversity (Ziegler et al., 2005, "Improving recommendation lists through topic diversification") by the Hamming
 * distance of items' categories, as RecTools has it.
 */
export const diversity: ListMetric = {
  name: 'diversity',
  title: 'Diversity',
  needs: 'list',
  needsCategories: true,
  definition:
    'Intra-list diversity: mean over all pairs of the first k of the number of categories that one of the two has and the other has not; 0 for a list of one. Categories are the values of all `category` and `multi` features of the items.',
  range: 'at least 0',
  higherIsBetter: true,
  of(lists, k, { categories }) {
    if (categories === null) throw new Error('The data have no categories.');
    return valuePerList(lists, k, (list) => {
      let sum = 0;
      for (let first = 0; first < list.length; first++)
        for (let second = first + 1; second < list.length; second++)
          sum += numDifferent(categories[list[first]!]!, categories[list[second]!]!);
      const pairs = (list.length * (list.length - 1)) / 2;
      return pairs === 0 ? 0 : sum / pairs;
    });
  },
};

/** How many numbers are in one of two ascending lists but not in both. */
function numDifferent(a: readonly number[], b: readonly number[]): number {
  let [atA, atB, shared] = [0, 0, 0];
  while (atA < a.length && atB < b.length) {
    const difference = a[atA]! - b[atB]!;
    if (difference === 0) shared++;
    if (difference <= 0) atA++;
    if (difference >= 0) atB++;
  }
  return a.length + b.length - 2 * shared;
}
