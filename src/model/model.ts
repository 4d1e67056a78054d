import type * as tf from '@tensorflow/tfjs-core';
import type { RandomStream } from '../compute/random';
import type { FeatureColumn } from '../protocol/features';
import type { Batch, BatchBuilder } from './batches/batchBuilder';

/*
 * What a model is to everything around it. Users are numbered from 0, and −1 is one whom training does not know; items are
 * numbered from 1, and 0 is padding. Arrays are row-major. Histories are padded on the left: the newest item comes last.
 */

/** What a model may know of the data before it sees a batch. All of it comes from the training part. */
export interface ModelData {
  numUsers: number;
  /** Without the padding. */
  numItems: number;
  /** Training interactions of each item; `[numItems + 1]`, `itemCounts[0]` is 0. */
  itemCounts: Uint32Array;
  /** By item index; row 0 is the padding's, and unknown. */
  itemFeatures: readonly FeatureColumn[];
  /** By user index. */
  userFeatures: readonly FeatureColumn[];
  /** Set if the data have labels: they say what users were shown and whether they took it. Models of your own rank all items nevertheless. */
  labeled?: true;
}

/** What some users did. */
export interface Histories {
  size: number;
  /** Longest history. */
  length: number;
  /** `[size, length]` */
  histories: Int32Array;
  /**
   * Seconds since 1970 of each item and, last, of what is to be predicted, or of the newest item where that is unknown;
   * `[size, length + 1]`. Before a short history it is the oldest item's. Only where the model's batches read times.
   */
  times?: Float64Array;
}

/** Users to score items for. Histories have a length of 1 at least, though they may be all padding. */
export interface Query extends Histories {
  /** `[size]` */
  users: Int32Array;
  /** What is taken as unknown of the users, or of all candidates (but not of the histories' items); nothing if left out. */
  unknown?: ModelInput;
}

/** A part of what a model knows of a user or of a candidate. */
export interface ModelInput {
  of: 'users' | 'items';
  /** Name of the feature; null is what was learned of the id itself. */
  feature: string | null;
}

/** How a model scores items for the users of a query. */
export type Scoring = ProductScoring | JointScoring;

/** Scores are products of a user's vector and an item's: states·itemsᵀ. */
export interface ProductScoring {
  kind: 'product';
  /** `[size, d]` */
  states: tf.Tensor2D;
  /** `[numItems, d]`; row j belongs to item j + 1. */
  items: tf.Tensor2D;
  /** `[numItems]`: added to the scores of each item. */
  bias?: tf.Tensor1D;
}

/** The model looks at user and item together. */
export interface JointScoring {
  kind: 'joint';
  /** What was computed of the users, once for all items. Whoever asked for the scoring disposes of it. */
  encoded: tf.Tensor[];
  /** Values that `score` has at once for each pair of user and item, about: what bounds the items of a call. */
  valuesPerPair: number;
  /** Scores of some items for each user, `[size, items.length]`. */
  score(items: Int32Array, record?: Recorder): tf.Tensor2D;
  /** Scores of each user's own candidates, `[size, k]` as they are. */
  scoreOwn(candidates: Int32Array, record?: Recorder): tf.Tensor2D;
}

/**
 * Receives the attention weights of a forward pass by the name of their {@link AttentionView}, as the layer used them.
 * They belong to the pass: who wants to keep them says so to TensorFlow.js. Positions end with the newest item, and may be
 * more than the query has: where a model sees padding, it adds what is missing.
 */
export type Recorder = (name: string, weights: tf.Tensor) => void;

/** What the axes of recorded weights stand for; the first axis is always the users, or the pairs of user and candidate. */
export type AttentionAxis = 'head' | 'position' | 'slot';

/** Weights that a model can show. */
export interface AttentionView {
  name: string;
  /** For people, such as `Block 1`. */
  label: string;
  /** Whether the weights are of a user, or of a user and one candidate. */
  of: 'user' | 'candidate';
  /** All axes but the first. The last is what attention is divided among. */
  axes: readonly AttentionAxis[];
  /** Position i attends to no position behind it. */
  causal: boolean;
  /** Whether the weights along the last axis sum to 1, with those of padding where the model sees it. */
  normalized: boolean;
}

/** Vectors that a model can show, one for each of some things. */
export interface EmbeddingView {
  name: string;
  /** For people, such as `Items`. */
  label: string;
  /** What the rows are: items 1 to N, users from 0, positions from the oldest, or the values of a feature from 0. */
  rows: 'items' | 'users' | 'positions' | { of: 'items' | 'users'; feature: string };
  /** `[rows, d]`; to be called within tf.tidy. */
  vectors(): tf.Tensor2D;
}

/** A recommender that is trained by gradients. */
export interface Model {
  /** Everything that the optimizer changes, by name. */
  readonly variables: ReadonlyMap<string, tf.Variable>;
  /** Everything that a checkpoint holds: `variables` and running statistics. */
  readonly state: ReadonlyMap<string, tf.Variable>;
  /** What it learns from. */
  readonly batches: BatchBuilder;
  readonly embeddings: readonly EmbeddingView[];
  readonly attentions: readonly AttentionView[];
  /** What a query can take as unknown; nothing if left out. */
  readonly inputs?: readonly ModelInput[];
  /** Training loss of one of these batches, to be differentiated with respect to `variables`. */
  loss(batch: Batch, random: RandomStream): tf.Scalar;
  /**
   * To be called within tf.tidy.
   * @param items those of an earlier scoring by products with the same weights: they depend on no query, unless it takes
   *   something as unknown of them, so they are taken again as they are
   */
  scoring(query: Query, record?: Recorder, items?: tf.Tensor2D): Scoring;
  dispose(): void;
}

/** How much a model takes, in numbers of values. */
export interface ModelSize {
  /** Trainable values. */
  parameters: number;
  /** What one training step has at once beside parameters and their gradients, about. */
  activations: number;
}

/** What {@link ModelSize} depends on beside the config. */
export interface SizeContext {
  data: ModelData;
  batchSize: number;
  /** Of the engine: some gradients exist once for each. */
  threads: number;
}
