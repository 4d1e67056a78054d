import { tiedGroups } from './auc';
import type { LabelMetric } from './metric';

/**
 * As average precision, in steps: straight lines between the points of the curve would flatter (Davis and Goadrich, 2006, "The
 * relationship between precision-recall and ROC curves"). It is scikit-learn's `average_precision_score`.
 */
export const prAuc: LabelMetric = {
  name: 'prAuc',
  title: 'PR-AUC',
  needs: 'scores and labels',
  definition:
    'Area under the precision–recall curve: the sum, over all thresholds, of the precision times the gain in recall, equal scores together.',
  range: '0 to 1; chance is the share of positives',
  higherIsBetter: true,
  of({ scores, labels }) {
    const groups = tiedGroups(scores, labels);
    const numPositives = groups.reduce((total, { positives }) => total + positives, 0);
    let [above, found, sum] = [0, 0, 0];
    for (const { positives, size } of groups) {
      above += size;
      found += positives;
      // In this order, equal scores give the share of positives to the last bit.
      sum += (positives / numPositives) * (found / above);
    }
    return numPositives === 0 ? Number.NaN : sum;
  },
};
