import * as tf from '@tensorflow/tfjs-core';
import type { DinConfig } from '../../src/model/din/options';
import { Din } from '../../src/model/din/din';
import type { JointScoring, Model, Query } from '../../src/model/model';
import { modelData } from '../unit/model/modelData';

/** Histories and candidates whose vectors a fixture has: all of them become items of a catalog. */
export interface Catalog {
  /** `[N + 1][D]`, the padding's row of zeros first. */
  vectors: number[][];
  query: Query;
  /** The items that are the fixture's queries, one for each user. */
  candidates: Int32Array;
}

/**
 * @param keys `[B, T, D]`, the padding last
 * @param lengths items of each history
 * @param queries `[B, D]`
 */
export function catalogOf(keys: number[][][], lengths: number[], queries: number[][]): Catalog {
  const [size, length, width] = [keys.length, keys[0]!.length, keys[0]![0]!.length];
  const vectors = [new Array<number>(width).fill(0), ...keys.flat(), ...queries];
  const histories = new Int32Array(size * length);
  lengths.forEach((count, row) => {
    // Ours have the padding first.
    for (let place = 0; place < count; place++)
      histories[(row + 1) * length - count + place] = 1 + row * length + place;
  });
  return {
    vectors,
    query: { size, length, users: Int32Array.from({ length: size }, () => -1), histories },
    candidates: Int32Array.from(queries, (_, row) => 1 + size * length + row),
  };
}

/** A DIN whose items are the fixture's vectors. */
export function dinOn(
  config: DinConfig,
  keys: number[][][],
  lengths: number[],
  queries: number[][],
): { model: Din; query: Query; candidates: Int32Array } {
  const { vectors, query, candidates } = catalogOf(keys, lengths, queries);
  const model = new Din(config, modelData(vectors.length - 1), 1);
  model.variables.get('items/id')!.assign(tf.tensor2d(vectors));
  return { model, query, candidates };
}

/**
 * What a model attends to for each user and candidate, `[B][C][D]`, through a head without hidden layers that copies one
 * value of it after the other.
 */
export function attendedVectors(model: Model, query: Query, candidates: Int32Array): number[][][] {
  const kernel = model.variables.get('output/kernel')!;
  const bias = model.variables.get('output/bias')!;
  const width = kernel.shape[0];
  const columns: number[][][] = [];
  tf.tidy(() => {
    bias.assign(tf.zeros([1]));
    const scoring = model.scoring(query) as JointScoring;
    for (let column = 0; column < width; column++) {
      kernel.assign(tf.tensor2d(Array.from({ length: width }, (_, row) => [row === column ? 1 : 0])));
      columns.push(scoring.score(candidates).arraySync());
    }
  });
  return columns[0]!.map((row, user) => row.map((_, candidate) => columns.map((values) => values[user]![candidate]!)));
}

/** The weights that a model attends with, `[B][C][T]`. */
export function attentionWeights(model: Model, query: Query, candidates: Int32Array): number[][][] {
  let recorded: number[][][] = [];
  tf.tidy(() => {
    (model.scoring(query) as JointScoring).score(candidates, (_, weights) => {
      recorded = tf
        .reshape(weights, [query.size, candidates.length, query.length])
        .arraySync() as number[][][];
    });
  });
  return recorded;
}

/** Each user's values for the candidate of his own place, one after the other. */
export function ownColumns(values: number[][][]): number[] {
  return values.flatMap((row, user) => row[user]!);
}

/** Moves the padding of each row behind the items. @param rows `[B][T]` with the padding first */
export function paddingLast<T>(rows: T[][], lengths: number[]): T[][] {
  return rows.map((row, user) => {
    const padding = row.length - lengths[user]!;
    return [...row.slice(padding), ...row.slice(0, padding)];
  });
}

/** Moves the padding of each row before the items. @param rows `[B][T]` with the padding last */
export function paddingFirst<T>(rows: T[][], lengths: number[]): T[][] {
  return rows.map((row, user) => [...row.slice(lengths[user]), ...row.slice(0, lengths[user])]);
}
