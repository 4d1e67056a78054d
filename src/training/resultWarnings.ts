import type { RankingTask } from '../evaluation/evaluateRanking';
import { gainOver } from '../evaluation/metrics/metrics';
import type { Ranks } from '../evaluation/rankMetrics';
import { percent } from '../protocol/percent';
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
export function constantScoresMessage({ best, worst }: Ranks, task: RankingTask): string | null {
  let target = 0;
  let mostCandidates = 0;
  for (const user of task.users) {
    const targets = task.targets(user);
    const others = task.sampled ?? task.listed;
    const candidates = others
      ? others.of(user).length + targets.length
      : task.numItems - (task.filterSeen ? new Set(task.history(user)).size : 0);
    mostCandidates = Math.max(mostCandidates, candidates);
    for (const end = target + targets.length; target < end; target++)
      if (best[target] !== 1 || worst[target] !== candidates) return null;
  }
  if (mostCandidates <= 1) return null;
  return (
    'On test, the model gives all candidates of a user the same score, so its metrics are those of chance. ' +
    'Look at its loss and at `training.learningRate`: what does not depend on the items has not been learned, or was lost.'
  );
}

/** Below this share of first places, nobody takes a model for perfect. */
const TOO_GOOD_FROM = 0.5;
/** Times the odds of the best baseline that are too good: 0.5 next to 0.09, 0.9 next to 0.45, 1 next to 0.92. */
const TOO_GOOD_ODDS = 10;
/** Of misses, so that all and nearly all are not infinitely far apart. */
const FEW_MISSES = 0.01;

/**
 * Says that a trained model is too good: it ranks held-out items first far more often than baselines do and the order of the data lets them be
 * predicted. Null where it does not.
 * @param first share of users with a held-out item in the first place, by the model and by each baseline
 * @param predictable asked for only where the model is in question: what of it the order of the data determines
 */
export function tooGoodMessage(
  { model, baselines }: { model: number; baselines: readonly number[] },
  predictable: () => number,
): string | null {
  const odds = (share: number): number => share / (1 - share + FEW_MISSES);
  const isFar = (other: number): boolean => odds(model) >= TOO_GOOD_ODDS * odds(other);
  const best = Math.max(0, ...baselines);
  if (model < TOO_GOOD_FROM || !isFar(best)) return null;
  const determined = predictable();
  if (!isFar(determined)) return null;
  return (
    `On test, the model ranks a held-out item first for ${percent(model)} of the users; ` +
    `${baselines.length === 0 ? '' : `the best baseline does for ${percent(best)}, and `}the items that most often follow the newest ones are right for ${percent(determined)}. ` +
    'Something seems to give the held-out items away: look at the features of users and items, at the data of the test part and at the code of your own models.'
  );
}

/** Says that a trained model gives all that users were shown the same probability. Null where it does not. */
export function constantProbabilitiesMessage(scores: Float64Array): string | null {
  if (scores.some((score) => score !== scores[0])) return null;
  return (
    'On test, the model gives all shown items the same probability, so its metrics are those of chance. ' +
    'Look at its loss and at `training.learningRate`: what tells clicks from other rows has not been learned, or was lost.'
  );
}

/** A number in four digits: `0.1235`, `18,000,000`. */
function short(value: number): string {
  return value.toLocaleString('en-US', { maximumSignificantDigits: 4 });
}
