import type * as tf from '@tensorflow/tfjs-core';
import type { Parameters } from '../../compute/parameters';
import type { EmbeddingView, Histories, ModelData, ModelInput, Query } from '../model';
import { FeatureEmbedding, unknownIn, type LookupOptions } from './featureEmbedding';
import { historyMask } from './historyMask';
import { pooledHistory } from './historyPooling';
import { embeddingOptions } from './pairConfig';
import type { PairConfig } from './pairOptions';

/** Histories with the vectors of their items. */
export interface EmbeddedHistories {
  size: number;
  length: number;
  /** `[B, T, D]` */
  items: tf.Tensor3D;
  /** For each of B·T positions 1, or 0 where it is padding. */
  present: Float32Array;
}

/** What is known of users before a candidate is. */
export interface EncodedUsers extends EmbeddedHistories {
  /** The items of each history, pooled, `[B, D]`. */
  pooled: tf.Tensor2D;
  /** `[B, …]`; null when nothing is known of users. */
  user: tf.Tensor2D | null;
  /** How candidates are looked up. */
  lookup: LookupOptions;
}

/** Items that users may choose: as many for each, `[B, C]`, or the same for all, `[C]`. */
export interface Candidates {
  ids: Int32Array;
  /** C */
  count: number;
  areShared: boolean;
}

/** The same candidates for all users. */
export function sharedCandidates(ids: Int32Array): Candidates {
  return { ids, count: ids.length, areShared: true };
}

/** Candidates of so many users each. */
export function ownCandidates(ids: Int32Array, users: number): Candidates {
  return { ids, count: ids.length / users, areShared: false };
}

/**
 * Vectors of users, of the items of their histories and of candidates, as DIN and DIEN read them.
 *
 * Shapes: B users, T positions, C candidates, D width of an item's vector.
 */
export class PairEmbedding {
  readonly views: readonly EmbeddingView[];
  readonly inputs: readonly ModelInput[];
  readonly #items: FeatureEmbedding;
  readonly #users: FeatureEmbedding | null;
  readonly #pooling: PairConfig['pooling'];

  /**
   * Makes the tables `items/…` and `users/…`.
   * @throws ModelError when the config names a feature that the dataset does not have
   */
  constructor(parameters: Parameters, config: PairConfig, data: ModelData) {
    const { items, users } = embeddingOptions(config, data);
    this.#items = new FeatureEmbedding(parameters, 'items', items);
    this.#users = users === null ? null : new FeatureEmbedding(parameters, 'users', users);
    this.#pooling = config.pooling;
    this.views = [...this.#items.views, ...(this.#users?.views ?? [])];
    this.inputs = [...(this.#users?.inputs ?? []), ...this.#items.inputs];
  }

  /** D */
  get itemWidth(): number {
    return this.#items.width;
  }

  /** 0 when nothing is known of users. */
  get userWidth(): number {
    return this.#users?.width ?? 0;
  }

  histories(given: Histories, present = historyMask(given.histories)): EmbeddedHistories {
    const { size, length } = given;
    return { size, length, present, items: this.items(given.histories, [size, length]) };
  }

  users(query: Query, histories: EmbeddedHistories): EncodedUsers {
    const { users, size } = query;
    const pooled = pooledHistory(histories.items, histories.present, this.#pooling);
    const user = this.#users?.lookup(users, [size], unknownIn('users', query)) ?? null;
    return { ...histories, pooled, user: user as tf.Tensor2D | null, lookup: unknownIn('items', query) };
  }

  /** `[B, C, D]`, or `[1, C, D]` where all users have the same candidates. */
  candidates({ ids, count, areShared }: Candidates, { size, lookup }: EncodedUsers): tf.Tensor3D {
    return this.items(ids, [areShared ? 1 : size, count], lookup);
  }

  /** `[…shape, D]` */
  items(ids: Int32Array, shape: [number, number], lookup: LookupOptions = {}): tf.Tensor3D {
    return this.#items.lookup(ids, shape, lookup) as tf.Tensor3D;
  }
}
