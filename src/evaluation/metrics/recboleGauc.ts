import { areasByUser, gauc, weightedMean } from './gauc';
import type { LabelMetric } from './metric';

/** What RecBole computes as GAUC. */
export const recboleGauc: LabelMetric = {
  ...gauc,
  name: 'recboleGauc',
  title: 'GAUC (RecBole)',
  definition: 'GAUC with users weighted by their positives.',
  of: (shown) =>
    weightedMean(areasByUser(shown).map(({ area, positives }) => ({ value: area, weight: positives }))),
};
