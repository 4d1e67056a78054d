import * as tf from '@tensorflow/tfjs-core';
import { rowwiseScores } from '../compute/layers/losses';
import { targetRanks, topItems } from '../compute/ranking';
import type { Ranker, Ranking, RankingBatch } from '../evaluation/evaluateRanking';
import { rankFrom, ranksOf, type Rank } from '../evaluation/rankMetrics';
import type { JointScoring, Model, ProductScoring, Scoring } from '../model/model';
import type { LetEventsIn } from '../protocol/letEventsIn';
import { queryOf, seenColumns } from './query';
import { rankByScores } from './rankByScores';
import { scoresInBlocks } from './scoresInBlocks';

const NO_LISTS = new Int32Array();

/**
 * Ranks by the scores of a model, whose weights must stay as they are meanwhile. Where scores are products, they are never
 * all made, and the items' vectors are made once.
 */
export class ModelRanker implements Ranker {
  readonly #model: Model;
  readonly #letEventsIn: LetEventsIn;
  #items: tf.Tensor2D | undefined;

  /** @param letEventsIn called now and then in a batch that takes long */
  constructor(model: Model, letEventsIn: LetEventsIn) {
    this.#model = model;
    this.#letEventsIn = letEventsIn;
  }

  async rank(batch: RankingBatch): Promise<Ranking> {
    const query = queryOf(batch, this.#model.batches);
    const scoring = tf.tidy(
      () => this.#model.scoring(query, undefined, this.#items) as Scoring & tf.TensorContainer,
    );
    try {
      if (scoring.kind === 'joint') return await rankJointly(scoring, batch, this.#letEventsIn);
      this.#items = scoring.items;
      return await rankByProduct(scoring, batch);
    } finally {
      tf.dispose(scoring.kind === 'joint' ? scoring.encoded : [scoring.states, scoring.bias ?? []]);
    }
  }

  dispose(): void {
    this.#items?.dispose();
  }
}

async function rankByProduct({ states, items, bias }: ProductScoring, batch: RankingBatch): Promise<Ranking> {
  const { histories, targetOffsets, targets, filterSeen, negatives, listLength } = batch;
  const [rows, vectors] = bias === undefined ? [states, items] : withBias(states, items, bias);
  try {
    if (negatives !== null)
      return { ranks: await ranksAmongNegatives(rows, vectors, batch, negatives), lists: NO_LISTS };
    const columns = {
      offsets: Int32Array.from(targetOffsets),
      columns: Int32Array.from(targets, (item) => item - 1),
    };
    const seen = filterSeen ? seenColumns(histories) : undefined;
    const { greater, equal } = await targetRanks(rows, vectors, columns, seen);
    const ranks = Array.from(greater, (above, target) => rankFrom(above, equal[target]!));
    if (listLength === 0) return { ranks, lists: NO_LISTS };
    const { columns: best } = await topItems(rows, vectors, listLength, seen && { excluded: seen });
    return { ranks, lists: best.map((column) => column + 1) };
  } finally {
    if (bias !== undefined) tf.dispose([rows, vectors]);
  }
}

async function ranksAmongNegatives(
  states: tf.Tensor2D,
  items: tf.Tensor2D,
  batch: RankingBatch,
  negatives: readonly Uint32Array[],
): Promise<Rank[]> {
  const rows = candidateRows(batch, negatives);
  const scores = tf.tidy(() => {
    const columns = rows.candidates.map((item) => item - 1);
    return rowwiseScores(states, items, tf.tensor2d(columns, [negatives.length, rows.columns], 'int32'));
  });
  const values = (await scores.data()) as Float32Array;
  scores.dispose();
  return ranksOfRows(values, rows.columns, batch, negatives);
}

/** Each user's targets and then their negatives, row by row. */
function candidateRows(
  { targetOffsets, targets }: RankingBatch,
  negatives: readonly Uint32Array[],
): { candidates: Int32Array; columns: number } {
  const own = negatives.map((_, row) => targets.subarray(targetOffsets[row], targetOffsets[row + 1]));
  const columns = Math.max(...negatives.map(({ length }, row) => own[row]!.length + length));
  // Where a user has fewer candidates than others, a target stands in; what comes of that is not looked at.
  const candidates = new Int32Array(negatives.length * columns);
  own.forEach((first, row) => {
    candidates.fill(first[0]!, row * columns, (row + 1) * columns);
    candidates.set(first, row * columns);
    candidates.set(negatives[row]!, row * columns + first.length);
  });
  return { candidates, columns };
}

/** Ranks of the targets by the scores of such rows. */
function ranksOfRows(
  values: Float32Array,
  columns: number,
  { targetOffsets }: RankingBatch,
  negatives: readonly Uint32Array[],
): Rank[] {
  return negatives.flatMap(({ length }, row) => {
    const numTargets = targetOffsets[row + 1]! - targetOffsets[row]!;
    const own = values.subarray(row * columns, row * columns + numTargets + length);
    return ranksOf(
      own,
      Uint32Array.from({ length: numTargets }, (_, place) => place),
    );
  });
}

/** The same scores as products alone: a bias is the product with a column of ones. */
function withBias(states: tf.Tensor2D, items: tf.Tensor2D, bias: tf.Tensor1D): [tf.Tensor2D, tf.Tensor2D] {
  return tf.tidy(() => [
    tf.concat2d([states, tf.ones([states.shape[0], 1])], 1),
    tf.concat2d([items, tf.expandDims<tf.Tensor2D>(bias, 1)], 1),
  ]);
}

async function rankJointly(
  scoring: JointScoring,
  batch: RankingBatch,
  letEventsIn: LetEventsIn,
): Promise<Ranking> {
  const { numItems, users, negatives } = batch;
  if (negatives !== null) {
    const { candidates, columns } = candidateRows(batch, negatives);
    const scoreBlock = (from: number, count: number): tf.Tensor2D => {
      const block = new Int32Array(users.length * count);
      users.forEach((_, row) => {
        const start = row * columns + from;
        block.set(candidates.subarray(start, start + count), row * count);
      });
      return scoring.scoreOwn(block);
    };
    const values = await scoresInBlocks(scoring, users.length, columns, scoreBlock, letEventsIn);
    return { ranks: ranksOfRows(values, columns, batch, negatives), lists: NO_LISTS };
  }
  const scoreBlock = (from: number, count: number): tf.Tensor2D =>
    scoring.score(Int32Array.from({ length: count }, (_, place) => from + place + 1));
  const score = (): Promise<Float32Array> =>
    scoresInBlocks(scoring, users.length, numItems, scoreBlock, letEventsIn);
  return rankByScores({ score }).rank(batch);
}
