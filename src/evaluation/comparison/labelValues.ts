import { tiedGroups } from '../metrics/auc';
import type { LabelMetric, RankMetric } from '../metrics/metric';
import { rankedLists } from '../measureLabels';
import { rankMetricValues, tieGroups } from '../rankMetrics';
import { listsOf, type ShownItems } from '../shownItems';
import type { UserValues } from './userKinds';

/** What users add to a metric of labels. */
export interface LabelValues {
  /**
   * Values whose mean is the metric, and whose spread is that of the metric when users are drawn anew: of a share of sums
   * R = Σ s / Σ n, R + U·(s − R·n) / Σ n for U users; of the AUC, what each user's rows add to it (Obuchowski, 1997,
   * "Nonparametric analysis of clustered ROC curve data").
   */
  values: UserValues;
  /** The metric of the user's own rows; NaN where there is none. */
  own: UserValues;
}

/**
 * Values of users, in the order of their first rows; null for a metric that is not made of what users add.
 * @param cutoff of a metric of ranks
 */
export function labelValues(
  metric: LabelMetric | RankMetric,
  shown: ShownItems,
  scores: Float64Array,
  cutoff: number,
): LabelValues | null {
  const offsets = userOffsets(shown.users);
  if (metric.needs === 'rank') {
    const { sums, counts } = ofLists(metric, shown, scores, cutoff, offsets);
    return { values: share(sums, counts), own: sums.map((sum, user) => sum / counts[user]!) };
  }
  const own = Float64Array.from({ length: offsets.length - 1 }, (_, user) => {
    const [from, to] = [offsets[user]!, offsets[user + 1]!];
    return metric.of({
      users: shown.users.subarray(from, to),
      scores: scores.subarray(from, to),
      labels: shown.labels.subarray(from, to),
    });
  });
  switch (metric.name) {
    case 'auc':
      return { values: ofPairs(shown, scores, offsets), own };
    case 'logLoss':
      return { values: weighted(own, sizes(offsets)), own };
    case 'gauc':
      return { values: weighted(own, sizes(offsets)), own };
    case 'recboleGauc':
      return { values: weighted(own, positives(shown.labels, offsets)), own };
    default:
      return null;
  }
}

/** Rows of each user: those of one lie together. */
function userOffsets(users: Uint32Array): Uint32Array {
  const starts = [...users.keys()].filter((row) => row === 0 || users[row] !== users[row - 1]);
  return Uint32Array.of(...starts, users.length);
}

function sizes(offsets: Uint32Array): Float64Array {
  return Float64Array.from(offsets.subarray(1), (end, user) => end - offsets[user]!);
}

function positives(labels: Uint8Array, offsets: Uint32Array): Float64Array {
  return Float64Array.from(offsets.subarray(1), (end, user) =>
    labels.subarray(offsets[user], end).reduce((sum, label) => sum + label, 0),
  );
}

/** Of a mean of users' values by weights, without those who have none. */
function weighted(values: Float64Array, weights: Float64Array): UserValues {
  const counted = weights.map((weight, user) => (Number.isNaN(values[user]!) ? 0 : weight));
  return share(
    counted.map((weight, user) => (weight === 0 ? 0 : weight * values[user]!)),
    counted,
  );
}

/** Of Σ sums / Σ counts. */
function share(sums: Float64Array, counts: Float64Array): UserValues {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const ratio = sums.reduce((sum, value) => sum + value, 0) / total;
  return sums.map((sum, user) => ratio + (sums.length * (sum - ratio * counts[user]!)) / total);
}

/** The sum of a metric over each user's lists, and how many there are. */
function ofLists(
  metric: RankMetric,
  shown: ShownItems,
  scores: Float64Array,
  cutoff: number,
  offsets: Uint32Array,
): { sums: Float64Array; counts: Float64Array } {
  const { rows } = listsOf(shown);
  const values = rankMetricValues(metric, tieGroups(rankedLists(shown, rows, scores)), cutoff);
  const sums = new Float64Array(offsets.length - 1);
  const counts = new Float64Array(offsets.length - 1);
  let user = 0;
  // Lists are in the order of their first rows, and so of their users.
  rows.forEach(([first], list) => {
    while (offsets[user + 1]! <= first!) user++;
    sums[user]! += values[list]!;
    counts[user]!++;
  });
  return { sums, counts };
}

/** What the rows of each user add to the share of pairs of a positive and a negative that are in the right order. */
function ofPairs({ labels }: ShownItems, scores: Float64Array, offsets: Uint32Array): UserValues {
  const numPositives = labels.reduce((sum, label) => sum + label, 0);
  const numNegatives = labels.length - numPositives;
  /** By score, the share of negatives below a positive of it, and of positives above a negative. */
  const below = new Map<number, number>();
  const above = new Map<number, number>();
  let [positivesAbove, negativesAbove] = [0, 0];
  let area = 0;
  for (const { score, positives: own, size } of tiedGroups(scores, labels)) {
    const negatives = size - own;
    below.set(score, (numNegatives - negativesAbove - negatives / 2) / numNegatives);
    above.set(score, (positivesAbove + own / 2) / numPositives);
    area += own * below.get(score)!;
    positivesAbove += own;
    negativesAbove += negatives;
  }
  area /= numPositives;
  const numUsers = offsets.length - 1;
  return Float64Array.from({ length: numUsers }, (_, user) => {
    let added = 0;
    for (let row = offsets[user]!; row < offsets[user + 1]!; row++) {
      added +=
        labels[row] === 1
          ? (below.get(scores[row]!)! - area) / numPositives
          : (above.get(scores[row]!)! - area) / numNegatives;
    }
    return area + numUsers * added;
  });
}
