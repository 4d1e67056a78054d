import type { LabelMetric } from './metric';

/** Probabilities nearer to 0 or 1 count as this far away, so that one sure mistake is not infinitely bad. */
const EPSILON = 1e-15;

/** Binary cross-entropy, as scikit-learn and RecBole have it. */
export const logLoss: LabelMetric = {
  name: 'logLoss',
  title: 'LogLoss',
  needs: 'scores and labels',
  definition:
    'Mean of −ln of the probability that the model gave to the true label, probabilities cut to 10⁻¹⁵ from 0 and 1. Scores must be probabilities.',
  range: 'at least 0',
  higherIsBetter: false,
  of({ scores, labels }) {
    let sum = 0;
    for (let place = 0; place < labels.length; place++) {
      const probability = Math.min(1 - EPSILON, Math.max(EPSILON, scores[place]!));
      sum -= labels[place]! > 0 ? Math.log(probability) : Math.log(1 - probability);
    }
    return sum / labels.length;
  },
};
