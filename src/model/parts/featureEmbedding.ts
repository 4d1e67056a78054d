import * as tf from '@tensorflow/tfjs-core';
import { embeddingBag, embeddingLookup, weightedEmbeddingBag } from '../../compute/layers/embedding';
import type { Initializer, Parameters } from '../../compute/parameters';
import type { CategoryColumn, FeatureColumn, MultiColumn, NumberColumn } from '../../protocol/features';
import type { EmbeddingView, ModelInput } from '../model';
import { weightedSums } from './historyPooling';

export interface FeatureEmbeddingOptions {
  /** Whose ids and columns. Row 0 of the items' table is the padding; the last row of the users' is for the unknown. */
  of: 'items' | 'users';
  /** Items without the padding, or users. */
  count: number;
  columns: readonly FeatureColumn[];
  /** Width of the vector of an id; 0 for none. */
  idSize: number;
  /** Width of the vector of each column. */
  featureSize: number;
  initializer: Initializer;
  /** How several values of a column become one vector; `mean` if left out. */
  pooling?: FeaturePooling;
}

export type FeaturePooling = 'mean' | 'sum' | 'max';

/** What a lookup does otherwise. */
export interface LookupOptions {
  /** One vector in the place of some id vectors: where `instead` is 1, `[ids]`. `vector` has `idSize` values. */
  idVector?: { instead: Float32Array; vector: tf.Tensor };
  /** 1 where a part is taken as it is, 0 where it is a vector of zeros: `[ids, parts]`, the id and then the columns. */
  shown?: Float32Array;
  /** A part that is taken as unknown of all: a column by its name, or, of users, the id by null. */
  unknown?: string | null;
}

/** What is taken as unknown of users, or of items, where a query says so. */
export function unknownIn(of: ModelInput['of'], { unknown }: { unknown?: ModelInput }): LookupOptions {
  return unknown?.of === of ? { unknown: unknown.feature } : {};
}

type Column =
  | { kind: 'category'; column: CategoryColumn; table: tf.Tensor2D }
  | { kind: 'multi'; column: MultiColumn; table: tf.Tensor2D }
  | { kind: 'number'; column: NumberColumn; table: tf.Tensor2D };

/**
 * Vectors of items or users: that of the id, and behind it one for each column. The vector of a category is learned; of
 * several values it is their mean, sum or largest, 0 where there are none; of a number it is the number times a learned
 * vector.
 */
export class FeatureEmbedding {
  /** Width of the vectors. */
  readonly width: number;
  readonly views: readonly EmbeddingView[];
  readonly #of: 'items' | 'users';
  readonly #count: number;
  /** Vectors of ids, `[count + 1, idSize]`; null where there are none. */
  readonly ids: tf.Tensor2D | null;
  /** What a lookup can take as unknown. Items have no vector for an unknown id. */
  readonly inputs: readonly ModelInput[];
  readonly #columns: readonly Column[];
  readonly #pooling: FeaturePooling;

  /** Makes the tables `<name>/id` and `<name>/<column>`. */
  constructor(parameters: Parameters, name: string, options: FeatureEmbeddingOptions) {
    const { of, count, columns, idSize, featureSize, initializer } = options;
    if (idSize === 0 && columns.length === 0) throw new Error(`The vectors of ${of} would have no values.`);
    this.#of = of;
    this.#count = count;
    this.#pooling = options.pooling ?? 'mean';
    this.width = featureWidth(options);
    const table = (part: string, rows: number, width: number): tf.Tensor2D =>
      parameters.create(`${name}/${part}`, [rows, width], initializer) as tf.Tensor2D;
    this.ids = idSize === 0 ? null : table('id', count + 1, idSize);
    this.#columns = columns.map((column): Column => {
      const rows = column.kind === 'number' ? 1 : column.labels.length;
      const values = table(`feature/${column.name}`, rows, featureSize);
      // The three cases are the same, but the compiler has to see them one by one.
      if (column.kind === 'category') return { kind: 'category', column, table: values };
      if (column.kind === 'multi') return { kind: 'multi', column, table: values };
      return { kind: 'number', column, table: values };
    });
    this.views = [...this.#idView(name), ...this.#columnViews(name)];
    this.inputs = [
      ...(of === 'users' && this.ids !== null ? [{ of, feature: null }] : []),
      ...columns.map((column) => ({ of, feature: column.name })),
    ];
  }

  /**
   * The vectors of some items or users, `[…shape, width]`.
   * @param ids items from 0, the padding, or users from 0, −1 being an unknown one
   * @param shape what the ids are arranged in
   */
  lookup(ids: Int32Array, shape: number[], { idVector, shown, unknown }: LookupOptions = {}): tf.Tensor {
    const idsFor = (part: string | null): Int32Array => (part === unknown ? ids.map(() => -1) : ids);
    let parts = this.#columns.map((column) => this.#columnVectors(column, idsFor(column.column.name)));
    if (this.ids !== null) {
      const own = embeddingLookup(this.ids, this.#rows(idsFor(null))) as tf.Tensor2D;
      parts.unshift(idVector === undefined ? own : replaceRows(own, idVector.instead, idVector.vector));
    }
    if (shown !== undefined) {
      const columns = tf.split(tf.tensor2d(shown, [ids.length, parts.length]), parts.length, 1);
      parts = parts.map((part, index) => tf.mul(part, columns[index]!));
    }
    const vectors = parts.length === 1 ? parts[0]! : tf.concat2d(parts, 1);
    return tf.reshape(vectors, [...shape, this.width]);
  }

  /**
   * Weighted sums of the vectors of some items or users, `[R, width]`: what `lookup` and a product with the weights would
   * give, without a vector for each id.
   * @param ids `[R, k]`, as in `lookup`
   * @param weights `[R, k]`
   */
  weightedSums(
    ids: Int32Array,
    weights: tf.Tensor2D,
    { idVector }: Pick<LookupOptions, 'idVector'> = {},
  ): tf.Tensor2D {
    const shape = weights.shape;
    const sums = this.#columns.map((column) => this.#weightedColumn(column, ids, weights));
    if (this.ids !== null) {
      const rows = tf.reshape<tf.Rank.R2>(this.#rows(ids), shape);
      if (idVector === undefined) sums.unshift(weightedEmbeddingBag(this.ids, rows, weights));
      else {
        const replaced = tf.mul<tf.Tensor2D>(weights, tf.tensor2d(idVector.instead, shape));
        const own = weightedEmbeddingBag(this.ids, rows, tf.sub(weights, replaced));
        const vector: tf.Tensor2D = tf.reshape(idVector.vector, [1, -1]);
        sums.unshift(tf.add(own, tf.matMul(tf.sum<tf.Tensor2D>(replaced, 1, true), vector)));
      }
    }
    return sums.length === 1 ? sums[0]! : tf.concat2d(sums, 1);
  }

  /** `[R, featureSize]` */
  #weightedColumn(column: Column, ids: Int32Array, weights: tf.Tensor2D): tf.Tensor2D {
    const shape = weights.shape;
    if (column.kind === 'category')
      return weightedEmbeddingBag(column.table, tf.reshape(categories(column.column, ids), shape), weights);
    const vectors = this.#columnVectors(column, ids); // [R·k, featureSize]
    return weightedSums(weights, tf.reshape(vectors, [...shape, vectors.shape[1]]));
  }

  /**
   * The rows of each table that the vectors of some items or users are made of, each once: what penalties of a step are
   * taken of.
   */
  touchedRows(ids: Int32Array): tf.Tensor2D[] {
    const distinct = Int32Array.from(new Set(ids));
    const tables = this.#columns.flatMap(({ kind, column, table }) => {
      if (kind === 'number') return [tf.clone(table)];
      const valuesOf = (id: number): Iterable<number> => {
        if (kind === 'category') return [column.values[id] ?? 0];
        return id < 0 ? [] : column.values.subarray(column.offsets[id], column.offsets[id + 1]);
      };
      const values = new Set(Array.from(distinct, (id) => [...valuesOf(id)]).flat());
      if (values.size === 0) return [];
      return [embeddingLookup(table, tf.tensor1d([...values], 'int32')) as tf.Tensor2D];
    });
    if (this.ids === null) return tables;
    return [embeddingLookup(this.ids, this.#rows(distinct)) as tf.Tensor2D, ...tables];
  }

  #rows(ids: Int32Array): tf.Tensor1D {
    const unknown = this.#count;
    return tf.tensor1d(this.#of === 'items' ? ids : ids.map((id) => (id < 0 ? unknown : id)), 'int32');
  }

  /** `[ids.length, featureSize]` */
  #columnVectors({ kind, column, table }: Column, ids: Int32Array): tf.Tensor2D {
    switch (kind) {
      case 'category':
        return embeddingLookup(table, categories(column, ids)) as tf.Tensor2D;
      case 'multi':
        return this.#pooling === 'max'
          ? largestOf(table, bags(column, ids))
          : embeddingBag(table, bags(column, ids), this.#pooling);
      case 'number': {
        const values = Float32Array.from(ids, (id) => column.values[id] ?? 0);
        return tf.matMul(tf.tensor2d(values, [ids.length, 1]), table);
      }
    }
  }

  #idView(name: string): EmbeddingView[] {
    const ids = this.ids;
    if (ids === null) return [];
    const items = this.#of === 'items';
    return [
      {
        name,
        label: items ? 'Items' : 'Users',
        rows: this.#of,
        vectors: () => tf.slice(ids, [items ? 1 : 0, 0], [this.#count, -1]),
      },
    ];
  }

  #columnViews(name: string): EmbeddingView[] {
    return this.#columns
      .filter(({ kind }) => kind !== 'number')
      .map(({ column, table }) => ({
        name: `${name}/${column.name}`,
        label: column.name,
        rows: { of: this.#of, feature: column.name },
        vectors: () => tf.clone(table),
      }));
  }
}

/** The largest of the values of each row of indices, value by value; 0 is no index. `[R, k]` to `[R, width]` */
function largestOf(table: tf.Tensor2D, indices: tf.Tensor2D): tf.Tensor2D {
  const present = tf.expandDims(tf.cast(tf.notEqual(indices, 0), 'float32'), -1); // [R, k, 1]
  const vectors = embeddingLookup(table, indices); // [R, k, width]
  const largest = tf.max<tf.Tensor2D>(tf.add(vectors, tf.mul(tf.sub(present, 1), FAR_BELOW)), 1);
  return tf.mul(largest, tf.max<tf.Tensor2D>(present, 1));
}

/** Taken from what is no value. Finite, so that a row without values stays a number. */
const FAR_BELOW = 1e9;

/** The rows of x, but for those where `instead` is 1: the vector. */
function replaceRows(x: tf.Tensor2D, instead: Float32Array, vector: tf.Tensor): tf.Tensor2D {
  if (!instead.includes(1)) return x;
  const replaced = tf.tensor2d(instead, [instead.length, 1]);
  const row: tf.Tensor2D = tf.reshape(vector, [1, -1]);
  return tf.add(tf.mul(x, tf.sub(1, replaced)), tf.matMul(replaced, row));
}

/** Width of the vectors that a {@link FeatureEmbedding} makes. */
export function featureWidth({
  columns,
  idSize,
  featureSize,
}: Pick<FeatureEmbeddingOptions, 'columns' | 'idSize' | 'featureSize'>): number {
  return idSize + columns.length * featureSize;
}

/** Values of its tables. */
export function featureParameters({
  columns,
  idSize,
  featureSize,
  count,
}: Pick<FeatureEmbeddingOptions, 'columns' | 'idSize' | 'featureSize' | 'count'>): number {
  const values = columns.reduce(
    (sum, column) => sum + (column.kind === 'number' ? 1 : column.labels.length),
    0,
  );
  return (count + 1) * idSize + values * featureSize;
}

/** The category of each row, 0 where it is unknown: int32 `[ids.length]` */
function categories({ values }: CategoryColumn, ids: Int32Array): tf.Tensor1D {
  const codes = new Int32Array(ids.length);
  // Not ids.map, which takes three times as long: this is run in every step, over all histories.
  for (let row = 0; row < codes.length; row++) codes[row] = values[ids[row]!] ?? 0;
  return tf.tensor1d(codes, 'int32');
}

/** The values of each row side by side, filled with 0: int32 `[ids.length, k]`. */
function bags({ offsets, values }: MultiColumn, ids: Int32Array): tf.Tensor2D {
  // An id that is none has no values. This is run in every step over all histories, so it makes no views of the values.
  const isKnown = (id: number): boolean => id >= 0 && id + 1 < offsets.length;
  let most = 1;
  for (const id of ids) if (isKnown(id)) most = Math.max(most, offsets[id + 1]! - offsets[id]!);
  const indices = new Int32Array(ids.length * most);
  for (let row = 0; row < ids.length; row++) {
    const id = ids[row]!;
    if (!isKnown(id)) continue;
    const from = offsets[id]!;
    const count = offsets[id + 1]! - from;
    for (let place = 0; place < count; place++) indices[row * most + place] = values[from + place]!;
  }
  return tf.tensor2d(indices, [ids.length, most], 'int32');
}
