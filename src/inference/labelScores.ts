import * as tf from '@tensorflow/tfjs-core';
import type { Model, Scoring } from '../model/model';
import type { LetEventsIn } from '../protocol/letEventsIn';
import { queryOf } from './query';
import { scoresInBlocks } from './scoresInBlocks';
import type { ShownTask } from './shownTask';

/** Histories that go through a model at once. */
const BATCH = 256;

/** Rows of one user with the same history, which are scored together. */
interface Group {
  user: number;
  first: number;
  count: number;
  history: Uint32Array;
}

/**
 * Probabilities of a model that users take what they were shown, by row. Rows go through the model in an order that the data decide
 * alone, so that two evaluations agree to the last bit.
 */
export async function modelProbabilities(
  model: Model,
  task: ShownTask,
  letEventsIn: LetEventsIn,
): Promise<Float64Array> {
  const { items } = task.shown;
  const probabilities = new Float64Array(items.length);
  const groups = bySize(groupsOf(task), model.batches.maxLength);
  for (let from = 0; from < groups.length; from += BATCH) {
    const batch = groups.slice(from, from + BATCH);
    const columns = Math.max(...batch.map(({ count }) => count));
    // What stands in where a group has fewer rows is not looked at.
    const candidates = new Int32Array(batch.length * columns);
    batch.forEach(({ first, count }, row) => {
      candidates.fill(items[first]!, row * columns, (row + 1) * columns);
      candidates.set(items.subarray(first, first + count), row * columns);
    });
    const logits = await logitsOf(model, batch, candidates, columns, letEventsIn);
    batch.forEach(({ first, count }, row) => {
      for (let place = 0; place < count; place++)
        probabilities[first + place] = 1 / (1 + Math.exp(-logits[row * columns + place]!));
    });
  }
  return probabilities;
}

/** `[batch, columns]` */
async function logitsOf(
  model: Model,
  batch: readonly Group[],
  candidates: Int32Array,
  columns: number,
  letEventsIn: LetEventsIn,
): Promise<Float32Array> {
  const readers = { users: batch.map(({ user }) => user), histories: batch.map(({ history }) => history) };
  const query = queryOf(readers, model.batches);
  const scoring = tf.tidy(() => model.scoring(query) as Scoring & tf.TensorContainer);
  if (scoring.kind !== 'joint')
    throw new Error('Only models that read user and item together learn from labels.');
  const scoreBlock = (from: number, count: number): tf.Tensor2D => {
    const block = new Int32Array(batch.length * count);
    batch.forEach((_, row) => {
      const start = row * columns + from;
      block.set(candidates.subarray(start, start + count), row * count);
    });
    return scoring.scoreOwn(block);
  };
  try {
    return await scoresInBlocks(scoring, batch.length, columns, scoreBlock, letEventsIn);
  } finally {
    tf.dispose(scoring.encoded);
  }
}

function groupsOf({ shown: { users }, history }: ShownTask): Group[] {
  const groups: Group[] = [];
  users.forEach((user, row) => {
    const own = history(row);
    const last = groups.at(-1);
    if (last?.user === user && last.history.length === own.length) last.count++;
    else groups.push({ user, first: row, count: 1, history: own });
  });
  return groups;
}

/** Groups of one batch then have little padding: the largest first, those of about a size by their histories. */
function bySize(groups: Group[], maxLength: number): Group[] {
  const size = ({ count }: Group): number => Math.ceil(Math.log2(count));
  const length = ({ history }: Group): number => Math.min(history.length, maxLength);
  return groups.sort((a, b) => size(b) - size(a) || length(b) - length(a) || a.first - b.first);
}
