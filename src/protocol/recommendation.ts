import type { ScoredItem } from './attention';
import type { CheckpointSource, HistoryEnd } from './inspection';

/** Whom to recommend to. Everything is named by its id in the data, so that runs on other data can be asked the same. */
export interface RecommendationRequest {
  /** Id of the user; null for a composed history, of a user whom training does not know. */
  user: string | null;
  /** Ids of the items, oldest first. */
  history: string[];
  /** Ids of what the user did next, to be ranked. */
  heldOut: string[];
  /** Recommendations to list. */
  topK: number;
  /** Whether items of the history are candidates; else the run's evaluation says so. */
  keepSeen: boolean;
  /** Whether reasons are wanted, which may take longer than the recommendations. */
  reasons: boolean;
}

/** What of a history speaks for the items that are recommended. */
export interface Reasons {
  /**
   * `attention`: weights that the model recorded. `similarity`: cosine of the model's vectors of the two items. `contribution`:
   * the score minus the score without the item of the history.
   */
  kind: 'attention' | 'similarity' | 'contribution';
  /** Of attention: whose weights these are, such as `Block 2`; else null. */
  view: string | null;
  /** Whether each item has values of its own; else there is one row for all. */
  perItem: boolean;
  /**
   * `[items, positions]`, the recommendations and then the held-out items that the run knows, or `[positions]`: a column for
   * each entry of the request's history. NaN where there is no value, as of items that the model does not read.
   */
  values: Float32Array;
}

export interface RecommendationResult {
  recommendations: ScoredItem[];
  /** In the order of the request; null where the run does not know the item. */
  heldOut: (ScoredItem | null)[];
  /** Whether training knows the user; false without one. */
  knowsUser: boolean;
  /** Places in the request's history of items that the run does not know. They are left out. */
  unknown: number[];
  /** How many of the newest items of the history the model reads; null for a baseline, which reads all. */
  read: number | null;
  /** Whether the items of the history are no candidates. */
  filterSeen: boolean;
  /** Among how many items ranks are. */
  numCandidates: number;
  /** Null where none were wanted, and where the history does not matter. */
  reasons: Reasons | null;
}

export const RECOMMENDATION_FORMATS = ['csv', 'parquet'] as const;
export type RecommendationFormat = (typeof RECOMMENDATION_FORMATS)[number];

/** All users, with what they did until then. */
export interface AllUsers {
  until: HistoryEnd;
  topK: number;
  keepSeen: boolean;
}

/** What to write, and where. */
export interface RecommendationExport {
  of: AllUsers | RecommendationRequest;
  format: RecommendationFormat;
  /** Absolute path. */
  output: string;
}

export interface RecommendationReport {
  users: number;
  rows: number;
  filterSeen: boolean;
  /** Absolute paths of what was written. */
  files: string[];
}

/** What is asked of anything that recommends: trained models and baselines. Rejects with `code` and a message for people. */
export interface RecommendationInspector {
  recommend(source: CheckpointSource, request: RecommendationRequest): Promise<RecommendationResult>;
  /** Tells its progress under the id of the task. */
  exportRecommendations(
    source: CheckpointSource,
    request: RecommendationExport,
    task: string,
  ): Promise<RecommendationReport>;
}
