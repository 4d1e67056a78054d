import * as tf from '@tensorflow/tfjs-core';
import { insertBest, topItems } from '../compute/ranking';
import { historiesUntil } from '../dataset/histories';
import type { PreparedDataset } from '../dataset/preparedDataset';
import type { Baseline } from '../model/baseline';
import type { JointScoring, Model, ProductScoring, Scoring } from '../model/model';
import type { HistoryEnd } from '../protocol/inspection';
import { catalogScores } from './catalogScores';
import { queryOf, seenColumns } from './query';
import type { SeenRule } from './seenItems';

/** Users whose vectors go through the ranking at once. */
const PRODUCT_BATCH = 256;
/** Users who are scored with all items at once, which takes long enough for others to wait. */
const JOINT_BATCH = 16;

/** Whom to recommend to, and from what. */
export interface RecommendOptions extends Pick<SeenRule, 'filterSeen'> {
  /** How far histories go; everything if left out. */
  until?: HistoryEnd;
}

/** The best items of some users. */
export interface Recommendations {
  users: readonly number[];
  /** `[users, k]`, best first; 0 where there are no more items. */
  items: Int32Array;
  scores: Float32Array;
}

/**
 * The k items of the highest score for each user, among those that are not in the history, or among all where seen items stay.
 * Users come in pieces, so that whoever asks can let others work between them. Ties go to the lower item, and what has no finite
 * score is left out.
 */
export async function* recommend(
  recommender: Model | Baseline,
  dataset: PreparedDataset,
  users: readonly number[],
  k: number,
  { filterSeen, until = 'all' }: RecommendOptions,
): AsyncGenerator<Recommendations> {
  const { offsets, ends, items: interactions, times: allTimes } = historiesUntil(dataset, until);
  const made: { items?: tf.Tensor2D } = {};
  let batchSize = JOINT_BATCH;
  try {
    for (let first = 0; first < users.length;) {
      const batch = users.slice(first, first + batchSize);
      first += batch.length;
      const histories = batch.map((user) => interactions.subarray(offsets[user], ends[user]));
      const times = allTimes && batch.map((user) => allTimes.subarray(offsets[user], ends[user]));
      const seen = filterSeen ? histories : histories.map(() => new Uint32Array());
      if (!isModel(recommender)) {
        const scores = await recommender.score(histories);
        yield { users: batch, ...bestOfScores(scores, dataset.numItems, seen, k) };
        continue;
      }
      const query = queryOf({ users: batch, histories, times }, recommender.batches);
      const scoring = tf.tidy(
        () => recommender.scoring(query, undefined, made.items) as Scoring & tf.TensorContainer,
      );
      if (scoring.kind === 'joint') {
        yield { users: batch, ...(await bestOfJoint(scoring, dataset.numItems, seen, k)) };
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

/** Tells a model from a baseline. */
export function isModel(recommender: Model | Baseline): recommender is Model {
  return 'scoring' in recommender;
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

async function bestOfJoint(
  scoring: JointScoring,
  numItems: number,
  histories: readonly Uint32Array[],
  k: number,
): Promise<Best> {
  try {
    return bestOfScores(await catalogScores(scoring, histories.length, numItems), numItems, histories, k);
  } finally {
    tf.dispose(scoring.encoded);
  }
}

/** @param all `[histories, numItems]`, which may be written into */
function bestOfScores(
  all: Float32Array,
  numItems: number,
  histories: readonly Uint32Array[],
  k: number,
): Best {
  const columns = new Int32Array(histories.length * k).fill(-1);
  const scores = new Float32Array(histories.length * k).fill(-Infinity);
  histories.forEach((history, row) => {
    const own = all.subarray(row * numItems, (row + 1) * numItems);
    for (const item of history) own[item - 1] = -Infinity;
    const [from, to] = [row * k, (row + 1) * k];
    insertBest(own, columns.subarray(from, to), scores.subarray(from, to));
  });
  return { items: columns.map((column) => column + 1), scores };
}
