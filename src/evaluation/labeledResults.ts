import type { EvaluationProtocol } from '../protocol/evaluation';
import type { ShownItems } from './shownItems';

/** What an evaluation by labels found, row by row: all that its metrics are made of, without model and data. */
export interface LabeledResults {
  protocol: EvaluationProtocol;
  /** Of the checkpoint. */
  epoch: number;
  step: number;
  /** Rows; users are places in `userIds`, items places in `itemIds`. */
  shown: ShownItems;
  /** Original id of each user who was shown something. */
  userIds: readonly string[];
  /** Original id of each item index. The first is empty: indices start at 1. */
  itemIds: readonly string[];
  /** Probability of each row, by `model` and the key of each baseline. */
  rankers: ReadonlyMap<string, Float64Array>;
}
