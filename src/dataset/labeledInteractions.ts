/**
 * What users were shown, and whether they took it, where the data have labels. User and item indices are those of the
 * dataset, whose own interactions are the clicks alone.
 */
export interface LabeledInteractions {
  /** Rows of user u: `offsets[u]` … `offsets[u + 1] - 1`: training, then validation, then test, each oldest first. Length numUsers + 1. */
  offsets: Uint32Array;
  /** Where each user's training rows end; as in the dataset. */
  trainEnd: Uint32Array;
  validationEnd: Uint32Array;
  /** Item index of each row. */
  items: Uint32Array;
  /** 1: the user took it; 0: they were shown it and did not. */
  labels: Uint8Array;
  /** Seconds since 1970 of each row; null when the data have no times. */
  times: Float64Array | null;
  /** Impression of each row, from 0: rows of one number were shown together to one user. Null where the data do not say. */
  impressions: Uint32Array | null;
  /**
   * Where each row's history ends. It begins at the dataset's `offsets[u]` and has the user's clicks strictly before the row,
   * none of the same impression or time: of a training row in the dataset's `items`, which are training clicks alone; of
   * a validation or test row in the items of `historiesUntil(dataset, 'all')`.
   */
  historyEnd: Uint32Array;
}
