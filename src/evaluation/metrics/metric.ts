/*
 * What a metric is to everything around it. `metrics.ts` lists them.
 */

/**
 * A metric of the place that a user's held-out item has among all candidates. With one relevant item an ideal ranking has it first,
 * so that the value at place 1 is that of a perfect ranking.
 */
export interface RankMetric {
  /** In configs, and before `@k` in results. */
  name: string;
  needs: 'rank';
  higherIsBetter: boolean;
  /** Value at a place, from 1, that is within the cut-off. Beyond it the value is 0. */
  readonly of: (place: number) => number;
}

export type Metric = RankMetric;
