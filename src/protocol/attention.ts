import type { CheckpointSource, HistoryItem, ItemLabel } from './inspection';

/** Weights that a model records, as it declares them. */
export interface RecordedView {
  name: string;
  /** For people, such as `Block 1`. */
  label: string;
  /** Whether the weights are of a history alone, or of a history and one candidate. */
  of: 'user' | 'candidate';
  /**
   * What the axes stand for; the last is what attention is divided among: SASRec's blocks are `head, position, position`,
   * DIN's `position`, SUM's reads and writes `position, slot`, its query attention `slot` (with one more, the highway channel,
   * which is the last), DIEN's gates `position`.
   */
  axes: ('head' | 'position' | 'slot')[];
  /** Position i attends to no position behind it. */
  causal: boolean;
  /**
   * Whether rows are a distribution and sum to 1, with what they give to padding; weights of DIN without softmax, SUM's
   * writes, and gates, do not.
   */
  normalized: boolean;
}

/** Whose recommendation is explained. */
export interface AttentionSubject {
  /** Index from 0; −1 for a composed history, of a user whom training does not know. */
  user: number;
  /** Item indices, oldest first. Only the newest that the model reads matter. */
  history: number[];
}

export interface AttentionRequest {
  subject: AttentionSubject;
  /** Items whose weights are wanted where they depend on the candidate; the best recommendation where there are none. */
  candidates: number[];
  /** What the user did next, to be ranked; null if unknown. */
  target: number | null;
  /** Recommendations to list. */
  topK: number;
  /**
   * Whether contributions are wanted of a model with attention as well; no if left out. With 200 items in the history they take
   * as long as 200 forward passes.
   */
  contributions?: boolean;
}

/** Weights of one view; row-major. */
export interface RecordedWeights {
  view: string;
  /** Sizes of the axes; of a view of candidates, the first axis is `candidates` and comes before those of the view. */
  shape: number[];
  values: Float32Array;
  /**
   * What each row gives to the padding before a short history, of the shape without its last axis. Only where the model sees
   * padding and the history is short; it was cut away from the values.
   */
  toPadding?: Float32Array;
}

export interface ScoredItem extends ItemLabel {
  score: number;
  /**
   * From 1; of tied items the mean of the places that they share. Among the candidates of the run's evaluation, so without
   * the items of the history, unless `filterSeen` is off, or `auto` and users repeat items. An item of the history is ranked as if it alone were left in.
   */
  rank: number;
}

/** How much the score of an item would fall if one thing were unknown. */
export interface Contribution {
  /** For people, such as `genre = Drama` or `item 3 of the history: Alien`. */
  label: string;
  of: 'user' | 'item' | 'history';
  /** Position in `history` where it is one of its items. */
  position: number | null;
  /** Score as it is minus score without. */
  change: number;
}

export interface AttentionResult {
  /**
   * What the model read, the newest items; position i of the weights is item i. Padding that a model sees is cut away. Empty for
   * a model that reads no history. Times are those of the user's interactions that it consists of.
   */
  history: HistoryItem[];
  weights: RecordedWeights[];
  /** Those of the request, in its order, or the best recommendation. */
  candidates: ScoredItem[];
  recommendations: ScoredItem[];
  target: ScoredItem | null;
  /**
   * For each of `candidates`: leave-one-out over features and history, largest change first. Of models without attention, and
   * on demand; else empty.
   */
  contributions: Contribution[][];
}

/** How one head attends over many users. */
export interface HeadReport {
  view: string;
  /** The view for people, such as `Block 1`. */
  viewLabel: string;
  /** The head for people, such as `Block 1, head 2`. */
  label: string;
  /** From 0, in its view. */
  head: number;
  /** What the view is made of: heads, or slots of a memory; null where it is one whole. */
  part: 'head' | 'slot' | null;
  /** Mean weight at distance 0 (the position itself), 1, 2, …; of a history read at its end, distance 0 is the newest item. */
  byDistance: Float32Array;
  /** Mean entropy of a row in nats, and as a share of the most that it could be. */
  entropy: number;
  relativeEntropy: number;
  meanDistance: number;
  /** Mean weight on the newest item. */
  lastShare: number;
  /** Heads with the same number behave alike. */
  cluster: number;
}

/** The same numbers for a part of the users. */
export interface GroupReport {
  /** For people, such as `10 to 19 items` or `popularity decile 3`. */
  label: string;
  of: 'historyLength' | 'popularity';
  numUsers: number;
  /** In the order of the report's heads. */
  entropy: Float32Array;
  meanDistance: Float32Array;
  lastShare: Float32Array;
}

export interface AttentionOverview {
  numUsers: number;
  /** Drawn at random with this seed where not all were read. */
  seed: number;
  heads: HeadReport[];
  /** By history length, and by the popularity of its items (mean decile). */
  groups: GroupReport[];
}

/** What the attention view asks of the inspector. Rejects with `code` and a message for people. */
export interface AttentionInspector {
  /** Empty where the model has no attention; then `attend` explains by contributions. */
  attentionViews(source: CheckpointSource): Promise<RecordedView[]>;
  attend(source: CheckpointSource, request: AttentionRequest): Promise<AttentionResult>;
  /**
   * Over users with their histories without test, at most so many; tells its progress under the id of the task, by which it
   * can be canceled (`inspection/canceled`).
   */
  overview(
    source: CheckpointSource,
    maxUsers: number,
    seed: number,
    task: string,
  ): Promise<AttentionOverview>;
  cancel(task: string): Promise<void>;
}
