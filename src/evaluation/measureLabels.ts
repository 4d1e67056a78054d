import { measureRankings, type MeasuredRankings } from './measureRankings';
import type { LabelMetric, RankMetric } from './metrics/metric';
import { ranksOf, type RankedTargets } from './rankMetrics';
import type { ShownItems, ShownLists } from './shownItems';

/** What shown items are measured by, in the order in which results list them. */
export interface LabelsMeasuredBy {
  /** Those of ranks are of the items of a list, at each cut-off. */
  metrics: readonly (RankMetric | LabelMetric)[];
  cutoffs: readonly number[];
}

/**
 * The metrics of probabilities that users take what they were shown. Metrics of ranks are means over the lists. A ranker that has no
 * probability of a row has no value of the metrics of labels, and the row comes last in its list.
 * @param scores of each row
 */
export function measureLabels(
  shown: ShownItems,
  { rows }: ShownLists,
  scores: Float64Array,
  { metrics, cutoffs }: LabelsMeasuredBy,
): MeasuredRankings {
  const isComplete = !scores.some(Number.isNaN);
  const labeled = { users: shown.users, scores, labels: shown.labels };
  const ofLabels = metrics
    .filter((metric) => metric.needs === 'scores and labels')
    .map(({ name, of }) => [name, isComplete ? of(labeled) : Number.NaN] as const);
  const ofRanks = metrics.filter((metric) => metric.needs === 'rank');
  const ranked = ofRanks.length === 0 ? NOTHING : rankedLists(shown, rows, scores);
  const measured = measureRankings(ranked, NO_LISTS, null, { metrics: ofRanks, cutoffs });
  return {
    metrics: { ...Object.fromEntries(ofLabels), ...measured.metrics },
    tieBounds: measured.tieBounds,
  };
}

const NOTHING: RankedTargets = {
  targetOffsets: Uint32Array.of(0),
  ranks: { best: new Uint32Array(), worst: new Uint32Array() },
};
const NO_LISTS = { length: 0, items: new Int32Array(), relevant: () => [] };

/** Where the rows that were taken stand in their lists. */
export function rankedLists(
  { labels }: Pick<ShownItems, 'labels'>,
  lists: readonly Uint32Array[],
  scores: Float64Array,
): RankedTargets {
  const targetOffsets = new Uint32Array(lists.length + 1);
  const ranks = lists.flatMap((rows, list) => {
    const taken = [...rows.keys()].filter((place) => labels[rows[place]!] === 1);
    targetOffsets[list + 1] = targetOffsets[list]! + taken.length;
    return ranksOf(
      Float64Array.from(rows, (row) => scores[row]!),
      taken,
    );
  });
  return {
    targetOffsets,
    ranks: {
      best: Uint32Array.from(ranks, ({ best }) => best),
      worst: Uint32Array.from(ranks, ({ worst }) => worst),
    },
  };
}
