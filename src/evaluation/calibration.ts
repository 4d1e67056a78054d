import { tiedGroups } from './metrics/auc';
import type { LabeledScores } from './metrics/metric';

/** Bins of a calibration curve, where so many scores differ. */
const BINS = 10;

/** Rows of neighboring probabilities. */
export interface CalibrationBin {
  rows: number;
  /** Mean probability by the model. */
  predicted: number;
  /** Share of the rows that are positive. */
  observed: number;
  /** The smallest and the largest probability. */
  lowest: number;
  highest: number;
}

/**
 * Compares the probabilities of a model with what happened, by tenths of the rows in the order of their probabilities, lowest first. Bins
 * of equal width would have nearly all rows in one of them where clicks are rare. Rows of the same probability are all in the bin
 * of their middle, so that there may be fewer bins, and the order of rows does not matter.
 */
export function calibrationCurve({
  scores,
  labels,
}: Pick<LabeledScores, 'scores' | 'labels'>): CalibrationBin[] {
  const bins: (Omit<CalibrationBin, 'predicted' | 'observed'> & { sum: number; positives: number })[] = [];
  let place = -1;
  let above = 0;
  for (const { score, size, positives } of tiedGroups(scores, labels)) {
    const own = Math.floor(((above + size / 2) * BINS) / scores.length);
    above += size;
    if (own !== place) bins.push({ rows: 0, sum: 0, positives: 0, lowest: score, highest: score });
    place = own;
    const bin = bins.at(-1)!;
    bin.rows += size;
    bin.sum += size * score;
    bin.positives += positives;
    bin.lowest = score;
  }
  return bins.reverse().map(({ rows, sum, positives, lowest, highest }) => {
    return { rows, predicted: sum / rows, observed: positives / rows, lowest, highest };
  });
}
