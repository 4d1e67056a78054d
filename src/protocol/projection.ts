import type { CheckpointSource, ItemLabel, UserHistory } from './inspection';

/** A table of vectors of a run. */
export interface EmbeddingTable {
  /**
   * The model's name of it, such as `itemEmbedding`; or `vectors/items` and `vectors/users` for what the scores are products
   * of (a TwoTower's outputs), and `states` for those of a model that reads histories at a chosen position, a row for each user.
   */
  name: string;
  /** For people, such as `Items`. */
  label: string;
  /** What the rows are. `values` are those of a feature, such as a category. */
  rows: 'items' | 'users' | 'positions' | 'values';
  /** Name of the feature, where rows are its values. */
  feature: string | null;
  numRows: number;
  width: number;
  /** Only for `states`: positions counted from the newest item (0) to this one. */
  maxPosition: number | null;
}

export interface EmbeddingSource extends CheckpointSource {
  table: string;
  /** Only for `states`: 0 is the newest item, 1 the one before it. */
  position?: number;
}

/** Which rows are drawn where a table has more: a random sample, stratified by popularity, the same for the same seed. */
export interface Sampling {
  maxPoints: number;
  seed: number;
}

/** A row of a whole table, from 0: item j is row j − 1, user u is row u. It stays the same when another sample is drawn. */
export type RowIndex = number & { readonly indexOf: 'row' };
/** A place among the points that are drawn, from 0. Told apart from a row by the compiler, since both are small numbers. */
export type PointIndex = number & { readonly indexOf: 'point' };

export function rowIndex(row: number): RowIndex {
  return row as RowIndex;
}

export function pointIndex(point: number): PointIndex {
  return point as PointIndex;
}

/** The row of an item in a table of items. */
export function rowOfItem(item: number): RowIndex {
  return rowIndex(item - 1);
}

/** The points of a table: what is drawn, and all that is known of each. Arrays are by point, in the order of `rows`. */
export interface PointSet {
  /** Hex digest of the vectors; what coordinates are cached by. */
  hash: string;
  /** Rows of the whole table. */
  numRows: number;
  width: number;
  /** Row of each point, ascending. */
  rows: Uint32Array;
  ids: string[];
  /** Titles where there are some, else the ids. */
  labels: string[];
  columns: PointColumn[];
}

/**
 * Ids of the columns that are not of the data. Always there for items: popularity decile (category), training interactions
 * (number), in training and test (category); for users the length of the history; for all tables the norm. For items the number
 * of recommendations comes last once `recommendationCounts` has made it.
 */
export const OWN_COLUMNS = {
  popularityDecile: ':popularityDecile',
  trainingInteractions: ':trainingInteractions',
  inTrainingAndTest: ':inTrainingAndTest',
  historyLength: ':historyLength',
  norm: ':norm',
  recommendations: ':recommendations',
} as const;

/** Id of a column of the item or user table, by the name that it has there. */
export function dataColumnId(name: string): string {
  return `column:${name}`;
}

/** What points can be colored by: {@link OWN_COLUMNS}, and each column of the item or user table. */
export type PointColumn = CategoryPointColumn | NumberPointColumn;

interface ColumnName {
  id: string;
  /** For people and for the heads of exported tables; that of a column of the data is its name there. */
  label: string;
}

export interface CategoryPointColumn extends ColumnName {
  kind: 'category';
  /** Index into `labels`; of several values of an item, the first. */
  values: Int32Array;
  /** `labels[0]` is the empty string, for unknown. Ordered where the values have an order. */
  labels: string[];
  ordered: boolean;
}

export interface NumberPointColumn extends ColumnName {
  kind: 'number';
  /** NaN where there is none. */
  values: Float32Array;
}

export type DistanceMetric = 'cosine' | 'dot' | 'euclidean';

export interface PcaRequest {
  /** Components to project on, from 0; two or three. */
  components: number[];
}

export interface PcaLayout {
  /** `[points, components]` */
  coordinates: Float32Array;
  /** Share of the variance that each component explains, all `width` of them, descending. */
  explained: Float32Array;
}

export interface UmapRequest {
  dimensions: 2 | 3;
  numNeighbors: number;
  minDistance: number;
  metric: 'cosine' | 'euclidean';
  epochs: number | null;
  seed: number;
}

export interface UmapLayoutResult {
  /** `[points, dimensions]` */
  coordinates: Float32Array;
  cached: boolean;
  seconds: number;
  /** Trustworthiness and continuity of a sample of at most 2,000 points with 15 neighbors. */
  trustworthiness: number;
  continuity: number;
}

export interface PointNeighbor {
  /** Row of the table, which need not be among the points. */
  row: RowIndex;
  id: string;
  label: string;
  /** Cosine similarity, dot product, or Euclidean distance. */
  value: number;
}

/** What is asked for the neighbors of: a row, or a vector such as a mean of some rows. */
export type NeighborQuery = { row: RowIndex } | { vector: Float32Array };

export interface SelectionSummary {
  /** Mean vector of the rows. */
  mean: Float32Array;
  /** Of the rows, those nearest to the mean by cosine, best first; at most ten. */
  typical: PointNeighbor[];
  /** Mean cosine similarity to the mean: 1 when all point the same way. */
  coherence: number;
}

export interface TableStatistics {
  numRows: number;
  width: number;
  /** Mean cosine similarity of random pairs of rows: 0 when directions are spread evenly. */
  anisotropy: number;
  /** Dimensions that hold the variance, (Σλ)²/Σλ². */
  effectiveDimensions: number;
  norm: { mean: number; min: number; max: number };
  /** Spearman's rank correlation of a row's norm with its popularity; null without popularity. */
  normToPopularity: number | null;
  /** Rows (capped at 1,000) whose vectors are zero or have never moved. */
  deadRows: Uint32Array;
  numDead: number;
  /** Groups of rows (capped at 100 groups) that are equal to the last bit. */
  duplicates: Uint32Array[];
  numDuplicates: number;
}

/** What a user did, over the map of items. */
export interface UserPath extends UserHistory {
  /** The model's best items for this user, best first; those of the history are among them only where the run's evaluation keeps them. */
  recommended: (ItemLabel & { score: number })[];
}

/** Two tables over the same rows, by id: two runs, or two epochs of one. */
export interface TableComparison {
  /** By point of the first table: its row in the second one, or −1. */
  rows: Int32Array;
  /** By point: how far it moved, as a Euclidean distance after the second table was aligned (Procrustes); NaN where it has no partner. */
  moved: Float32Array;
  /** Share of neighbors (k = 10, cosine) that both tables agree on, by point; NaN where it has no partner. */
  overlap: Float32Array;
  /** The second table, aligned, on the first one's components: `[points, components]`; NaN where it has no partner. */
  coordinates: Float32Array;
  /** What is left of the squared distance after the alignment, as a share of the first table's variance. */
  residual: number;
  /** Most moved first; at most 100. */
  mostMoved: PointNeighbor[];
}

/** A remembered state of the panel; `state` is the page's own. */
export interface ProjectionBookmark {
  name: string;
  /** ms since 1970. */
  createdAt: number;
  state: unknown;
}

export const PROJECTION_FORMATS = ['tensorboard', 'npy', 'csv'] as const;
export type ProjectionFormat = (typeof PROJECTION_FORMATS)[number];

/** What to write of a table, and where. */
export interface ProjectionExport {
  source: EmbeddingSource;
  /** Rows, or null for all. */
  rows: Uint32Array | null;
  /**
   * `tensorboard`: vectors as `<output>.tsv`, metadata as `<output>.metadata.tsv`. `npy`: the coordinates if given, else the vectors, and
   * `<output>.ids.csv`.
   * `csv`: original id, label, columns, and the coordinates if given, else the vectors.
   */
  format: ProjectionFormat;
  /** `[rows, dimensions]`, for `csv` and `npy`. */
  coordinates: Float32Array | null;
  dimensions: number;
  /** Absolute path. */
  output: string;
}

/** What the projection view asks of the inspector. Rejects with `code` and a message for people. */
export interface ProjectionInspector {
  embeddingTables(source: CheckpointSource): Promise<EmbeddingTable[]>;
  points(source: EmbeddingSource, sampling: Sampling): Promise<PointSet>;
  pca(source: EmbeddingSource, sampling: Sampling, request: PcaRequest): Promise<PcaLayout>;
  /** Tells its progress under the id of the task, by which it can be canceled (`inspection/canceled`). */
  umap(
    source: EmbeddingSource,
    sampling: Sampling,
    request: UmapRequest,
    task: string,
  ): Promise<UmapLayoutResult>;
  cancel(task: string): Promise<void>;
  /**
   * For tables of items: in how many users' top-k each point is, of items that are not in their history. Takes seconds to minutes once, and is kept in the run; tells its progress and can be canceled.
   */
  recommendationCounts(
    source: EmbeddingSource,
    sampling: Sampling,
    k: number,
    task: string,
  ): Promise<NumberPointColumn>;
  /** Nearest rows of the whole table in the original space, exact; a row is no neighbor of itself. `k` up to 100. */
  neighbors(
    source: EmbeddingSource,
    query: NeighborQuery,
    metric: DistanceMetric,
    k: number,
  ): Promise<PointNeighbor[]>;
  /** k-means over the points, by cosine. Index of each point's cluster, the largest being 0. */
  clusters(source: EmbeddingSource, sampling: Sampling, k: number, seed: number): Promise<Int32Array>;
  statistics(source: EmbeddingSource): Promise<TableStatistics>;
  selection(source: EmbeddingSource, rows: Uint32Array): Promise<SelectionSummary>;
  userPath(source: CheckpointSource, user: number, k: number): Promise<UserPath>;
  compare(
    first: EmbeddingSource,
    second: EmbeddingSource,
    sampling: Sampling,
    request: PcaRequest,
  ): Promise<TableComparison>;
  /** Absolute paths of what was written. */
  exportTable(request: ProjectionExport): Promise<string[]>;
  bookmarks(run: string): Promise<ProjectionBookmark[]>;
  saveBookmarks(run: string, bookmarks: ProjectionBookmark[]): Promise<void>;
}
