import { gainOver } from '../evaluation/metrics/metrics';
import type { Ranks } from '../evaluation/rankMetrics';
import type { Metrics } from '../protocol/evaluation';
import type { TestResult } from '../protocol/run';
import { formatMetricName } from '../series/format';

/** A loss this many times that of the first step, when nothing was learned, comes from steps that lead away… */
const DIVERGED = 3;
/** …unless validation gains all the same; but what a model gains beyond this is chance. */
const DIVERGED_IN_ANY_CASE = 10;

/** An epoch's training and validation. */
export interface EpochCourse {
  epoch: number;
  /** Of the first step of the run; unknown for runs of older versions. */
  startLoss: number | undefined;
  /** Mean over the steps of the epoch. */
  loss: number;
  /** Whether its validation is better than an earlier one. */
  gained: boolean;
  /** The best epoch so far. */
  bestEpoch: number | null;
  learningRate: number;
}

/** Says that training diverges; null while it does not. */
export function divergenceMessage(course: EpochCourse): string | null {
  const { epoch, startLoss, loss, gained, bestEpoch, learningRate } = course;
  if (startLoss === undefined || loss <= (gained ? DIVERGED_IN_ANY_CASE : DIVERGED) * startLoss) return null;
  const best = bestEpoch === null ? '' : ` The best epoch so far is ${bestEpoch}.`;
  return (
    `Training diverges: the mean loss of epoch ${epoch} is ${short(loss)}, that of the first step was ` +
    `${short(startLoss)}.${best} Lower \`training.learningRate\` (it is ${learningRate}) ` +
    'or set `training.clipping`.'
  );
}

/** Says that a trained model ranks worse than popularity; null where it does not, or popularity was not measured. */
export function belowPopularityMessage(
  metrics: Metrics,
  baselines: TestResult['baselines'],
  mainMetric: string,
): string | null {
  const [own, popularity] = [metrics[mainMetric], baselines.popularity?.[mainMetric]];
  if (own === undefined || popularity === undefined || gainOver(mainMetric, own, popularity) >= 0)
    return null;
  return (
    `On test, ${formatMetricName(mainMetric)} is ${short(own)}, and ${short(popularity)} for a ranking by ` +
    'popularity: the model has learned less than which items are popular. Look at its loss, its learning rate and its data.'
  );
}

/** Says that a trained model does not rank at all: each target ties with all that it is ranked against. Null where it does. */
export function constantScoresMessage({ best, worst }: Ranks): string | null {
  if (best.some((place) => place !== 1) || worst.some((place) => place === 1)) return null;
  return (
    'On test, the model gives all candidates of a user the same score, so its metrics are those of chance. ' +
    'Look at its loss and at `training.learningRate`: what does not depend on the items has not been learned, or was lost.'
  );
}

/** A number in four digits: `0.1235`, `18,000,000`. */
function short(value: number): string {
  return value.toLocaleString('en-US', { maximumSignificantDigits: 4 });
}
