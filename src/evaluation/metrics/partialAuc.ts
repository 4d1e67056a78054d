import { gainMetric } from './metric';

/** Partial area under the ROC curve, up to k irrelevant items (Dodd and Pepe, 2003, "Partial AUC estimation and regression"), as RecTools has it. */
export const partialAuc = gainMetric({
  name: 'partialAuc',
  title: 'Partial AUC',
  definition:
    'Share of the pairs of a relevant item and one of the first k irrelevant ones in which the relevant one is ranked before.',
  range: '0 to 1',
  higherIsBetter: true,
  looksBeyond: true,
  gain: irrelevantBehind,
  ideal: (numRelevant) => numRelevant,
});

/** The share of the first k irrelevant items that are behind the n-th relevant one at its place. */
export function irrelevantBehind(place: number, nth: number, k: number): number {
  return Math.max(0, k - (place - nth)) / k;
}
