import type { CandidateLists } from '../protocol/candidateLists';
import type { DatasetSplit } from '../splits/splitter';
import type { FeatureColumn } from '../protocol/features';
import type { LabeledInteractions } from './labeledInteractions';

/**
 * Interactions of all users, ready for training: ids mapped to indices, rows sorted by user and time.
 * User indices run from 0; item indices from 1, because 0 is the padding of sequences.
 */
export interface PreparedDataset {
  /** SHA-256 (hex) of everything that decides the content: files, columns, filters, split, seed, format version. */
  fingerprint: string;
  numUsers: number;
  /** Without the padding: item indices are 1 … numItems. */
  numItems: number;
  /**
   * Interactions of user u are `items[offsets[u]] … items[offsets[u + 1] - 1]`: training, then validation, then test, each oldest
   * first. Length numUsers + 1. `historiesUntil` puts several parts in order of time.
   */
  offsets: Uint32Array;
  /** Item index of each interaction. */
  items: Uint32Array;
  /** Seconds since 1970 of each interaction; null when the data have no time column. */
  times: Float64Array | null;
  /** How the parts below were made. */
  split: DatasetSplit;
  /**
   * Where each user's training part ends, as an index into `items`:
   * training = [offsets[u], trainEnd[u]), validation = [trainEnd[u], validationEnd[u]), test = [validationEnd[u], offsets[u+1]).
   */
  trainEnd: Uint32Array;
  validationEnd: Uint32Array;
  /** Place of each interaction among its user's in order of time, from 0; null where all parts lie in that order already. */
  order: Uint32Array | null;
  /** Null where the data have no labels. Where they have, the interactions above are the clicks. */
  labeled: LabeledInteractions | null;
  /** Original id of each user index. */
  userIds: string[];
  /** Original id of each item index; `itemIds[0]` is the empty string, for the padding. */
  itemIds: string[];
  /** Title of each item index where the config names an item table, else null. */
  itemTitles: string[] | null;
  /** Side features by item index; row 0 is the padding's. */
  itemFeatures: FeatureColumn[];
  /** Side features by user index. */
  userFeatures: FeatureColumn[];
  /** What users are ranked among, where the evaluation of a run names a file of lists: put there by whoever opens the run. */
  candidates?: CandidateLists;
}
