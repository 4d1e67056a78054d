import type { Catalog, TopLists } from '../topLists';

/*
 * What a metric is to everything around it. `metrics.ts` lists them.
 */

/** What is said of a metric, whatever it is computed from. */
interface Described {
  /** In configs, and in results: there `@k` follows, where the metric has a cut-off. */
  name: string;
  /** As papers write it. */
  title: string;
  /** For one user where it is a mean over users. In docs. */
  definition: string;
  /** Such as `0 to 1`. */
  range: string;
  /** Decides which epoch and which run is the best, and how tables are marked. */
  higherIsBetter: boolean;
}

/** The relevant items of one user that are among the first k. */
export interface RelevantPlaces {
  /** Their places, from 1 and ascending. */
  places: readonly number[];
  /** Relevant items in all, found or not; at least 1. */
  numRelevant: number;
}

/** A metric of the places that relevant items have among all candidates: a mean over users. */
export interface RankMetric extends Described {
  needs: 'rank';
  /** Value of one user, for one order of the candidates. */
  readonly of: (relevant: RelevantPlaces, k: number) => number;
  /** Of a metric that is a sum of gains: ties are then counted in closed form. */
  readonly gains?: Gains;
}

/** The value of a user is the sum of the gains of the relevant items among the first k, divided by the ideal. */
interface Gains {
  /** Of the n-th relevant item, from 1, at its place. */
  gain: (place: number, nth: number, k: number) => number;
  /** What a perfect ranking would gain, or what else makes the metric comparable between users. */
  ideal: (numRelevant: number, k: number) => number;
  /** Whether relevant items count behind the first k places, with fewer than k irrelevant items before them; `of` is then given all. */
  looksBeyond?: true;
}

/** A metric that is a sum of gains. */
export function gainMetric(metric: Described & Gains): RankMetric & { gains: Gains } {
  const { gain, ideal, looksBeyond, ...described } = metric;
  return {
    ...described,
    needs: 'rank',
    gains: { gain, ideal, ...(looksBeyond && { looksBeyond }) },
    of: ({ places, numRelevant }, k) =>
      places.reduce((sum, place, before) => sum + gain(place, before + 1, k), 0) / ideal(numRelevant, k),
  };
}

/** A metric of the items that are recommended, relevant or not. */
export interface ListMetric extends Described {
  needs: 'list';
  /** It compares the categories of items, so that the dataset must declare some. */
  needsCategories?: true;
  /**
   * Of the first k places of each list.
   * @returns a value for each user, whose mean is the metric (NaN: not counted), or one value for all lists together
   */
  readonly of: (lists: TopLists, k: number, catalog: Catalog) => Float64Array | number;
}

/** Items shown to users, each with its score and with whether the user took it. */
export interface LabeledScores {
  /** Index of the user. */
  users: ArrayLike<number>;
  scores: ArrayLike<number>;
  /** 1 or 0. */
  labels: ArrayLike<number>;
}

/** A metric of scores against labels, without a cut-off. */
export interface LabelMetric extends Described {
  needs: 'scores and labels';
  readonly of: (shown: LabeledScores) => number;
}

export type Metric = RankMetric | ListMetric | LabelMetric;
