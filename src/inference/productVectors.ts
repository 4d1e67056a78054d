import { typesOf } from '../model/models';
import * as tf from '@tensorflow/tfjs-core';
import { historiesUntil } from '../dataset/histories';
import type { PreparedDataset } from '../dataset/preparedDataset';
import type { Model, ProductScoring, Query, Scoring } from '../model/model';
import { queryOf } from './query';
import { InferenceError } from './inferenceError';

/** Users whose vectors are made at once, and vectors that are handed on at once. */
const BLOCK = 1024;

/** Some vectors, one after the other. */
export interface VectorBlock {
  /** Row-major. */
  values: Float32Array;
  width: number;
}

/** Values of the vectors whose products are a model's scores, or null where the model looks at a user and an item together. */
export function productWidth(
  model: Model,
  dataset: PreparedDataset,
): { state: number; hasBias: boolean } | null {
  const query = usersFrom(model, dataset, 0, 1, 0);
  const scoring = tf.tidy(() => model.scoring(query) as Scoring & tf.TensorContainer);
  if (scoring.kind === 'joint') {
    tf.dispose(scoring.encoded);
    return null;
  }
  const { states, items, bias } = scoring;
  tf.dispose([states, items, bias ?? []]);
  return { state: states.shape[1], hasBias: bias !== undefined };
}

/**
 * The vectors of items 1 to N. Where items have a bias, it is the last value.
 * @throws InferenceError when the model has no such vectors
 */
export async function* itemVectors(model: Model, dataset: PreparedDataset): AsyncGenerator<VectorBlock> {
  const items = tf.tidy(() => {
    const scoring = productOf(model, usersFrom(model, dataset, 0, 1, 0));
    return scoring.bias === undefined
      ? scoring.items
      : tf.concat2d([scoring.items, tf.expandDims<tf.Tensor2D>(scoring.bias, 1)], 1);
  });
  try {
    const [rows, width] = items.shape;
    const values = (await items.data()) as Float32Array;
    for (let row = 0; row < rows; row += BLOCK)
      yield { values: values.subarray(row * width, Math.min(rows, row + BLOCK) * width), width };
  } finally {
    items.dispose();
  }
}

/**
 * The vectors of all users, as their whole history leaves them, validation and test included. Where items have a bias, the
 * last value is 1, so that products stay scores.
 * @throws InferenceError when the model has no such vectors
 */
export async function* userVectors(model: Model, dataset: PreparedDataset): AsyncGenerator<VectorBlock> {
  yield* userBlocks(model, dataset, 0, ({ states, bias }) =>
    bias === undefined ? states : tf.concat2d([states, tf.ones([states.shape[0], 1])], 1),
  );
}

/**
 * The states of all users as they were so many items ago: after their history without its newest items. Of users whose
 * history is no longer, it is what they would be without any.
 * @throws InferenceError when the model has no such vectors
 */
export async function* userStates(
  model: Model,
  dataset: PreparedDataset,
  itemsAgo: number,
): AsyncGenerator<VectorBlock> {
  yield* userBlocks(model, dataset, itemsAgo, ({ states }) => states);
}

async function* userBlocks(
  model: Model,
  dataset: PreparedDataset,
  itemsAgo: number,
  vectorsOf: (scoring: ProductScoring) => tf.Tensor2D,
): AsyncGenerator<VectorBlock> {
  // Made along with the first users, and not again.
  const made: { items?: tf.Tensor2D } = {};
  try {
    for (let user = 0; user < dataset.numUsers; user += BLOCK) {
      const vectors = tf.tidy(() => {
        const scoring = productOf(model, usersFrom(model, dataset, user, user + BLOCK, itemsAgo), made.items);
        made.items ??= tf.keep(scoring.items);
        return vectorsOf(scoring);
      });
      try {
        yield { values: (await vectors.data()) as Float32Array, width: vectors.shape[1] };
      } finally {
        vectors.dispose();
      }
    }
  } finally {
    made.items?.dispose();
  }
}

function usersFrom(
  model: Model,
  dataset: PreparedDataset,
  first: number,
  end: number,
  itemsAgo: number,
): Query {
  const { offsets, ends, items, times: allTimes } = historiesUntil(dataset, 'all');
  const users = Array.from({ length: Math.min(end, dataset.numUsers) - first }, (_, row) => first + row);
  const last = (user: number): number => Math.max(offsets[user]!, ends[user]! - itemsAgo);
  const histories = users.map((user) => items.subarray(offsets[user], last(user)));
  const times = allTimes && users.map((user) => allTimes.subarray(offsets[user], last(user)));
  return queryOf({ users, histories, times }, model.batches);
}

function productOf(model: Model, query: Query, items?: tf.Tensor2D): ProductScoring {
  const scoring: Scoring = model.scoring(query, undefined, items);
  if (scoring.kind === 'product') return scoring;
  tf.dispose(scoring.encoded);
  throw new InferenceError(
    'vectors/none',
    'This model scores a user and an item jointly, so it has no vectors whose dot products are its scores. ' +
      `Models that do: ${typesOf((described) => described.kind === 'trained' && described.scoresByProduct)}.`,
  );
}
