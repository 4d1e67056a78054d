import { areaUnderRoc } from './auc';
import type { LabeledScores, LabelMetric } from './metric';

/** Zhou et al. (2018), "Deep Interest Network for click-through rate prediction", section 6.2. RecBole weights by positives. */
export const gauc: LabelMetric = {
  name: 'gauc',
  title: 'GAUC',
  needs: 'scores and labels',
  definition:
    'Mean of the users’ AUCs, weighted by how many items each was shown; users with positives or negatives alone are left out.',
  range: '0 to 1; chance is 0.5',
  higherIsBetter: true,
  of: (shown) => weightedMean(areasByUser(shown).map(({ area, size }) => ({ value: area, weight: size }))),
};

/** The AUC of each user, NaN for one with a single class, and how many labels and positives it is made of. */
export function areasByUser({ users, scores, labels }: LabeledScores): {
  area: number;
  size: number;
  positives: number;
}[] {
  const own = new Map<number, { scores: number[]; labels: number[] }>();
  for (let place = 0; place < users.length; place++) {
    const user = users[place]!;
    const group = own.get(user) ?? { scores: [], labels: [] };
    group.scores.push(scores[place]!);
    group.labels.push(labels[place]!);
    own.set(user, group);
  }
  return [...own.values()].map((group) => ({
    area: areaUnderRoc(group.scores, group.labels),
    size: group.labels.length,
    positives: group.labels.reduce((sum, label) => sum + label, 0),
  }));
}

/** Without values that are NaN. */
export function weightedMean(parts: readonly { value: number; weight: number }[]): number {
  const known = parts.filter(({ value }) => !Number.isNaN(value));
  const total = known.reduce((sum, { weight }) => sum + weight, 0);
  return known.reduce((sum, { value, weight }) => sum + weight * value, 0) / total;
}
