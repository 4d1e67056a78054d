import type { LabelMetric } from './metric';

/** From ranks, after Mann and Whitney (1947). */
export const auc: LabelMetric = {
  name: 'auc',
  title: 'AUC',
  needs: 'scores and labels',
  definition:
    'Area under the ROC curve: share of all pairs of a positive and a negative in which the positive scores higher, ties counting half.',
  range: '0 to 1; chance is 0.5',
  higherIsBetter: true,
  of: ({ scores, labels }) => areaUnderRoc(scores, labels),
};

/** The area of some scores with labels 1 and 0; NaN when all labels are the same. */
export function areaUnderRoc(scores: ArrayLike<number>, labels: ArrayLike<number>): number {
  let rankSum = 0;
  let numPositives = 0;
  let above = 0;
  for (const { positives, size } of tiedGroups(scores, labels)) {
    rankSum += positives * (above + (size + 1) / 2);
    numPositives += positives;
    above += size;
  }
  return areaFromRanks(rankSum, numPositives, scores.length);
}

/**
 * @param rankSum sum of the positives' ranks, best first from 1, ties at their average
 * @returns NaN where there is no pair
 */
export function areaFromRanks(rankSum: number, numPositives: number, size: number): number {
  const numNegatives = size - numPositives;
  const right = (size + 1) * numPositives - (numPositives * (numPositives + 1)) / 2 - rankSum;
  return right / (numPositives * numNegatives);
}

/** Those of equal score, best first: how many there are, and how many are positive. */
export function tiedGroups(
  scores: ArrayLike<number>,
  labels: ArrayLike<number>,
): { score: number; positives: number; size: number }[] {
  const order = Array.from({ length: scores.length }, (_, place) => place);
  order.sort((a, b) => scores[b]! - scores[a]!);
  const groups: { score: number; positives: number; size: number }[] = [];
  order.forEach((place, at) => {
    const tied = at > 0 && scores[place] === scores[order[at - 1]!];
    const group = tied ? groups.at(-1)! : { score: scores[place]!, positives: 0, size: 0 };
    if (!tied) groups.push(group);
    group.positives += labels[place]!;
    group.size++;
  });
  return groups;
}
