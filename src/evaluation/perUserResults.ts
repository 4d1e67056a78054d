import type { EvaluationProtocol } from '../protocol/evaluation';
import type { Ranks } from './rankMetrics';

/** What an evaluation found for each user: all that metrics, slices and comparisons are made of, without model and data. */
export interface PerUserResults {
  protocol: EvaluationProtocol;
  /** Of the checkpoint. */
  epoch: number;
  step: number;
  /** Original ids of the users who are counted. Everything below is in their order. */
  userIds: readonly string[];
  /** User u's targets, which are their held-out items, are those from `targetOffsets[u]` to `targetOffsets[u + 1] - 1`. */
  targetOffsets: Uint32Array;
  /** What else is known of users and targets; null where an earlier version stored ranks alone. */
  details: ResultDetails | null;
  /** By `model`, and the key of each baseline. */
  rankers: ReadonlyMap<string, RankerResults>;
}

/** What a ranker said. */
export interface RankerResults {
  /** Places of each target among all candidates. */
  ranks: Ranks;
  /**
   * What was recommended, as `[users, length]` item indices, best first and 0 where no item is left. Null where not all items
   * are candidates.
   */
  lists: RankedLists | null;
}

export interface RankedLists {
  length: number;
  items: Int32Array;
}

export interface ResultDetails {
  /** Index of each user in the prepared data. */
  users: Uint32Array;
  /** Original id of each item index. The first is empty: indices start at 1. */
  itemIds: readonly string[];
  /** Items of each user before the targets. */
  historyLengths: Uint32Array;
  /** When the newest of these was, in seconds since 1970, NaN for a user without one; null where the data have no times. */
  historyTimes: Float64Array | null;
  /** Item index of each target. */
  targets: Uint32Array;
  /** Training interactions with each target. 0: the item is cold. */
  targetPopularity: Uint32Array;
  targetTimes: Float64Array | null;
}

/** Name of the run's own model among the rankers. */
export const MODEL_RANKER = 'model';
