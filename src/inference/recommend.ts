import * as tf from '@tensorflow/tfjs-core';
import { insertBest, topItems } from '../compute/ranking';
import { historiesUntil } from '../dataset/histories';
import type { PreparedDataset } from '../dataset/preparedDataset';
import type { JointScoring, Model, ProductScoring, Scoring } from '../model/model';
import { catalogScores } from './catalogScores';
import { queryOf, seenColumns } from './query';
import type { SeenRule } from './seenItems';

/** Users whose vectors go through the ranking at once. */
const PRODUCT_BATCH = 256;
/** Users who are scored with all items at once, which takes long enough for others to wait. */
const JOINT_BATCH = 16;

/** The best items of some users. */
export interface Recommendations {
  users: readonly number[];
  /** `[users, k]`, best first; 0 where there are no more items. */
  items: Int32Array;
  scores: Float32Array;
}

/**
 * The k items of the highest score for each user, among those that are not in the user's history, validation and test
 * included, or among all where seen items stay. Users come in pieces, so that whoever asks can let others work between them. Ties go to the lower item, and
 * what has no finite score is left out.
 */
export async function* recommend(
  model: Model,
  dataset: PreparedDataset,
  users: readonly number[],
  k: number,
  { filterSeen }: Pick<SeenRule, 'filterSeen'>,
): AsyncGenerator<Recommendations> {
  const { offsets, ends, items: interactions, times: allTimes } = historiesUntil(dataset, 'all');
  const made: { items?: tf.Tensor2D } = {};
  let batchSize = JOINT_BATCH;
  try {
    for (let first = 0; first < users.length;) {
      const batch = users.slice(first, first + batchSize);
      first += batch.length;
      const histories = batch.map((user) => interactions.subarray(offsets[user], ends[user]));
      const times = allTimes && batch.map((user) => allTimes.subarray(offsets[user], ends[user]));
      const seen = filterSeen ? histories : histories.map(() => new Uint32Array());
      const query = queryOf({ users: batch, histories, times }, model.batches);
      const scoring = tf.tidy(
        () => model.scoring(query, undefined, made.items) as Scoring & tf.TensorContainer,
      );
      if (scoring.kind === 'joint') {
        yield { users: batch, ...(await bestOfScores(scoring, dataset.numItems, seen, k)) };
      } else {
        made.items = scoring.items;
        batchSize = PRODUCT_BATCH;
        yield { users: batch, ...(await bestOfProducts(scoring, seen, k)) };
      }
    }
  } finally {
    made.items?.dispose();
  }
}

type Best = Pick<Recommendations, 'items' | 'scores'>;

async function bestOfProducts(
  { states, items, bias }: ProductScoring,
  histories: readonly Uint32Array[],
  k: number,
): Promise<Best> {
  try {
    const excluded = seenColumns(histories);
    const { columns, scores } = await topItems(states, items, k, { excluded, ...(bias && { bias }) });
    return { items: columns.map((column) => column + 1), scores };
  } finally {
    tf.dispose([states, bias ?? []]);
  }
}

async function bestOfScores(
  scoring: JointScoring,
  numItems: number,
  histories: readonly Uint32Array[],
  k: number,
): Promise<Best> {
  try {
    const all = await catalogScores(scoring, histories.length, numItems);
    const columns = new Int32Array(histories.length * k).fill(-1);
    const scores = new Float32Array(histories.length * k).fill(-Infinity);
    histories.forEach((history, row) => {
      const own = all.subarray(row * numItems, (row + 1) * numItems);
      for (const item of history) own[item - 1] = -Infinity;
      const [from, to] = [row * k, (row + 1) * k];
      insertBest(own, columns.subarray(from, to), scores.subarray(from, to));
    });
    return { items: columns.map((column) => column + 1), scores };
  } finally {
    tf.dispose(scoring.encoded);
  }
}
