import { calibrationCurve } from '../calibration';
import type { LabelMetric } from './metric';

/** Naeini et al. (2015), "Obtaining well calibrated probabilities using Bayesian binning", with bins of equally many rows. */
export const calibrationError: LabelMetric = {
  name: 'calibrationError',
  title: 'ECE',
  needs: 'scores and labels',
  definition:
    'Expected calibration error: over tenths of the rows in the order of their probabilities, the mean distance between the mean probability and the share of positives, weighted by rows. Rows of equal probability are in one of them. Scores must be probabilities.',
  range: '0 to 1; above 0 by chance where there are few rows',
  higherIsBetter: false,
  of: (shown) =>
    calibrationCurve(shown).reduce(
      (sum, { rows, predicted, observed }) =>
        sum + (rows / shown.labels.length) * Math.abs(predicted - observed),
      0,
    ),
};
