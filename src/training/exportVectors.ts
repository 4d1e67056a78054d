import * as tf from '@tensorflow/tfjs-core';
import type { PreparedDataset } from '../dataset/preparedDataset';
import type { Model, ProductScoring, Query, Scoring } from '../model/model';
import type { VectorReport, VectorRequest } from '../protocol/vectors';
import { queryOf } from './evaluateModel';
import { TrainingError } from './trainingError';
import { VectorFile } from './vectorFile';

/** Users whose vectors are made at once, and vectors that are written at once. */
const BLOCK = 1024;

/**
 * Writes the vectors of all items or users of a model whose scores are products of them, with the ids that the data have.
 * Users are as their whole history leaves them, validation and test included: these are the vectors to recommend with.
 * Where items have a bias, it is the last value of their vectors, and that of the users' is 1.
 * @throws TrainingError when the model has no such vectors; RunWriteError
 */
export async function exportVectors(
  model: Model,
  dataset: PreparedDataset,
  request: VectorRequest,
): Promise<Omit<VectorReport, 'epoch'>> {
  const { of, format } = request;
  const ids = of === 'items' ? dataset.itemIds.slice(1) : dataset.userIds;
  const blocks = of === 'items' ? itemBlocks(model, dataset) : userBlocks(model, dataset);
  let file: VectorFile | null = null;
  let width = 0;
  try {
    for await (const block of blocks) {
      width = block.width;
      file ??= await VectorFile.create(request, ids, width);
      await file.append(block.values);
    }
    await file?.finish();
  } catch (error) {
    await file?.discard();
    throw error;
  }
  return { of, format, rows: ids.length, width, files: file?.files ?? [] };
}

interface Block {
  /** Row-major. */
  values: Float32Array;
  width: number;
}

async function* itemBlocks(model: Model, dataset: PreparedDataset): AsyncGenerator<Block> {
  const items = tf.tidy(() => {
    const scoring = productOf(model, usersFrom(model, dataset, 0, 1));
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

async function* userBlocks(model: Model, dataset: PreparedDataset): AsyncGenerator<Block> {
  // Made along with the first users, and not again.
  const made: { items?: tf.Tensor2D } = {};
  try {
    for (let user = 0; user < dataset.numUsers; user += BLOCK) {
      const states = tf.tidy(() => {
        const scoring = productOf(model, usersFrom(model, dataset, user, user + BLOCK), made.items);
        made.items ??= tf.keep(scoring.items);
        return scoring.bias === undefined
          ? scoring.states
          : tf.concat2d([scoring.states, tf.ones([scoring.states.shape[0], 1])], 1);
      });
      try {
        yield { values: (await states.data()) as Float32Array, width: states.shape[1] };
      } finally {
        states.dispose();
      }
    }
  } finally {
    made.items?.dispose();
  }
}

function usersFrom(model: Model, dataset: PreparedDataset, first: number, end: number): Query {
  const { numUsers, offsets, items } = dataset;
  const users = Array.from({ length: Math.min(end, numUsers) - first }, (_, row) => first + row);
  const histories = users.map((user) => items.subarray(offsets[user], offsets[user + 1]));
  return queryOf({ users, histories }, model.batches.maxLength);
}

function productOf(model: Model, query: Query, items?: tf.Tensor2D): ProductScoring {
  const scoring: Scoring = model.scoring(query, undefined, items);
  if (scoring.kind === 'product') return scoring;
  tf.dispose(scoring.encoded);
  throw new TrainingError(
    'vectors/none',
    'This model looks at a user and an item together, so it has no vectors whose products are its scores. ' +
      'Models that have some are for instance `twoTower`, `sasrec` and `gru4rec`.',
  );
}
