import { STREAMS } from '../compute/randomStreams';
import type { BaselineDescription } from '../model/description';
import * as tf from '@tensorflow/tfjs-core';
import { rowwiseScores } from '../compute/layers/losses';
import { RandomStream } from '../compute/random';
import { targetRanks, type Exclusions } from '../compute/ranking';
import type { PreparedDataset } from '../dataset/preparedDataset';
import {
  evaluateRanking,
  rankByScores,
  type Ranker,
  type RankingBatch,
  type RankingResult,
  type RankingTask,
} from '../evaluation/evaluateRanking';
import { rankFrom, rankOf, type Rank } from '../evaluation/rankMetrics';
import type { EvaluationConfig, ExperimentConfig } from '../config/schema';
import type { TrainingSequences } from '../model/baseline';
import type { LetEventsIn } from '../protocol/letEventsIn';
import { fitBaseline } from '../model/createModel';
import { BASELINE_MODELS, defaultBaseline, typeOf, type BaselineConfig } from '../model/models';
import type { JointScoring, Model, ProductScoring, Query, Scoring } from '../model/model';
import { sampleNegatives } from './sampledNegatives';
import { seenRule } from './seenItems';
import { scoresInBlocks } from './scoresInBlocks';
import { InferenceError } from './inferenceError';
import { thousands } from '../protocol/thousands';

/** Users whose sequences go through a model at once. */
const MODEL_BATCH = 256;
/** Bounds the score matrix of one batch to about 32 MB, where there is one. */
const MAX_SCORES = 8 * 1024 * 1024;

type Part = RankingTask['part'];
type Progress = (done: number, total: number) => void | Promise<void>;

/**
 * The users, histories and held-out items of one part. The history of the test part includes the validation item, which
 * lies before it in time. Where items of the history are no candidates, users whose held-out item is one of them are left
 * out: a ranking that kept this item alone of all that was seen would hand over the answer.
 * @throws InferenceError when nobody is left
 */
export function rankingTask(dataset: PreparedDataset, part: Part, config: EvaluationConfig): RankingTask {
  const { offsets, trainEnd, validationEnd, items } = dataset;
  const start = part === 'validation' ? trainEnd : validationEnd;
  const end = (user: number): number => (part === 'validation' ? validationEnd[user]! : offsets[user + 1]!);
  const held = Uint32Array.from(start.keys()).filter((user) => start[user]! < end(user));
  const { candidates, maxValidationUsers } = config;
  const chosen =
    part === 'validation' && maxValidationUsers !== null ? sampleUsers(held, maxValidationUsers) : held;
  if (chosen.length === 0) {
    throw new InferenceError(
      'evaluation/no-users',
      `No user has an item held out for ${part}: ${dataset.split.text} needs ${dataset.split.needs}. ` +
        'Use data with longer histories.',
    );
  }
  const history = (user: number): Uint32Array => items.subarray(offsets[user], start[user]);
  const target = (user: number): number => items[start[user]!]!;
  const rule = seenRule(dataset, config);
  const unseen = chosen.filter((user) => !history(user).includes(target(user)));
  if (rule.filterSeen && unseen.length === 0) {
    throw new InferenceError(
      'evaluation/all-seen',
      `The item held out for ${part} is in the history of every user (${chosen.length} of ${chosen.length}), and items of the ` +
        'history are left out of the ranking, so there is nobody to count. Set `evaluation.filterSeen` to false: users meet ' +
        'items again here.',
    );
  }
  return {
    part,
    split: dataset.split,
    numItems: dataset.numItems,
    users: rule.filterSeen ? unseen : chosen,
    ...rule,
    seenTargets: chosen.length - unseen.length,
    history,
    target,
    ...(candidates.type === 'sampled' && {
      sampled: {
        ...candidates,
        of: sampleNegatives(dataset, candidates, rule.filterSeen ? 'unseen' : target),
      },
    }),
  };
}

/** So many of the users, in the order of all. */
function sampleUsers(users: Uint32Array, count: number): Uint32Array {
  const shuffled = users.slice();
  new RandomStream(STREAMS.validationUsers).shuffle(shuffled);
  return shuffled.subarray(0, count).sort();
}

/** Ranks the held-out items of one part by the model. */
export async function evaluateModel(
  model: Model,
  dataset: PreparedDataset,
  part: Part,
  config: EvaluationConfig,
  onProgress?: Progress,
): Promise<RankingResult> {
  const ranker = new ModelRanker(model, letEventsInOf(onProgress));
  try {
    return await evaluate(ranker, rankingTask(dataset, part, config), config, onProgress);
  } finally {
    ranker.dispose();
  }
}

/**
 * Ranks the held-out items of the test part by each baseline. Baselines are fitted on all that comes before the test
 * item: more than the model learned from, so a model that beats them does so fairly.
 */
export async function evaluateBaselines(
  dataset: PreparedDataset,
  config: EvaluationConfig,
  onProgress?: Progress,
): Promise<Map<string, RankingResult>> {
  const sequences: TrainingSequences = { ...dataset, ends: dataset.validationEnd };
  const results = new Map<string, RankingResult>();
  for (const name of config.baselines) {
    const baseline = await fitBaseline(defaultBaseline(name), sequences, letEventsInOf(onProgress));
    const ranker = rankByScores(baseline);
    results.set(name, await evaluate(ranker, rankingTask(dataset, 'test', config), config, onProgress));
  }
  return results;
}

/** Ranks the held-out items of one part by a baseline, fitted on the interactions before them. */
export async function evaluateBaseline(
  model: BaselineConfig,
  dataset: PreparedDataset,
  part: Part,
  config: EvaluationConfig,
  onProgress?: Progress,
): Promise<RankingResult> {
  const ends = part === 'validation' ? dataset.trainEnd : dataset.validationEnd;
  const ranker = rankByScores(await fitBaseline(model, { ...dataset, ends }, letEventsInOf(onProgress)));
  return evaluate(ranker, rankingTask(dataset, part, config), config, onProgress);
}

function evaluate(
  ranker: Ranker,
  task: RankingTask,
  { cutoffs }: EvaluationConfig,
  onProgress?: Progress,
): Promise<RankingResult> {
  const batchSize = Math.max(1, Math.min(MODEL_BATCH, Math.floor(MAX_SCORES / task.numItems)));
  return evaluateRanking(task, ranker, {
    cutoffs,
    batchSize,
    ...(onProgress === undefined ? {} : { onProgress }),
  });
}

/** What is called between batches is called inside of long ones too. */
function letEventsInOf(onProgress: Progress | undefined): LetEventsIn {
  return () => onProgress?.(0, 0);
}

/** What is to be said where a baseline counts only the newest interactions of some users. */
export function newestCountedNotes(
  { offsets }: PreparedDataset,
  { model, evaluation }: Pick<ExperimentConfig, 'model' | 'evaluation'>,
): string[] {
  const measured: readonly string[] = [model.type, ...evaluation.baselines];
  return BASELINE_MODELS.flatMap((baseline: BaselineDescription) => {
    const { newestCounted, title } = baseline;
    if (newestCounted === undefined || !measured.includes(typeOf(baseline))) return [];
    let longer = 0;
    for (let user = 1; user < offsets.length; user++)
      if (offsets[user]! - offsets[user - 1]! > newestCounted) longer++;
    const users = `${thousands(longer)} of ${thousands(offsets.length - 1)} users have more`;
    const name = title[0]!.toUpperCase() + title.slice(1);
    return longer === 0
      ? []
      : [`${name} counts only the newest ${thousands(newestCounted)} interactions of a user: ${users}.`];
  });
}

/**
 * Ranks by the scores of a model, whose weights must stay as they are meanwhile. Where scores are products, they are never
 * all made, and the items' vectors are made once.
 */
class ModelRanker implements Ranker {
  readonly #model: Model;
  readonly #letEventsIn: LetEventsIn;
  #items: tf.Tensor2D | undefined;

  /** @param letEventsIn called now and then in a batch that takes long */
  constructor(model: Model, letEventsIn: LetEventsIn) {
    this.#model = model;
    this.#letEventsIn = letEventsIn;
  }

  async rank(batch: RankingBatch): Promise<readonly Rank[]> {
    const query = queryOf(batch, this.#model.batches.maxLength);
    const scoring = tf.tidy(
      () => this.#model.scoring(query, undefined, this.#items) as Scoring & tf.TensorContainer,
    );
    try {
      if (scoring.kind === 'joint') return await ranksByScores(scoring, batch, this.#letEventsIn);
      this.#items = scoring.items;
      return await ranksByProduct(scoring, batch);
    } finally {
      tf.dispose(scoring.kind === 'joint' ? scoring.encoded : [scoring.states, scoring.bias ?? []]);
    }
  }

  dispose(): void {
    this.#items?.dispose();
  }
}

async function ranksByProduct(
  { states, items, bias }: ProductScoring,
  { histories, targets, filterSeen, negatives }: RankingBatch,
): Promise<Rank[]> {
  const [rows, vectors] = bias === undefined ? [states, items] : withBias(states, items, bias);
  try {
    if (negatives !== null) return await ranksAmongNegatives(rows, vectors, targets, negatives);
    const columns = Int32Array.from(targets, (item) => item - 1);
    const seen = filterSeen ? seenColumns(histories) : undefined;
    const { greater, equal } = await targetRanks(rows, vectors, columns, seen);
    return targets.map((_, row) => rankFrom(greater[row]!, equal[row]!));
  } finally {
    if (bias !== undefined) tf.dispose([rows, vectors]);
  }
}

async function ranksAmongNegatives(
  states: tf.Tensor2D,
  items: tf.Tensor2D,
  targets: readonly number[],
  negatives: readonly Uint32Array[],
): Promise<Rank[]> {
  const rows = candidateRows(targets, negatives);
  const scores = tf.tidy(() => {
    const columns = rows.candidates.map((item) => item - 1);
    return rowwiseScores(states, items, tf.tensor2d(columns, [targets.length, rows.columns], 'int32'));
  });
  const values = (await scores.data()) as Float32Array;
  scores.dispose();
  return ranksOfRows(values, rows.columns, negatives);
}

/** Each user's target and then their negatives, row by row. */
function candidateRows(
  targets: readonly number[],
  negatives: readonly Uint32Array[],
): { candidates: Int32Array; columns: number } {
  const columns = 1 + Math.max(...negatives.map((own) => own.length));
  // Where a user has fewer negatives than others, the target stands in; what comes of that is not looked at.
  const candidates = new Int32Array(targets.length * columns);
  targets.forEach((target, row) => {
    candidates.fill(target, row * columns, (row + 1) * columns);
    candidates.set(negatives[row]!, row * columns + 1);
  });
  return { candidates, columns };
}

/** Ranks of the targets by the scores of such rows. */
function ranksOfRows(values: Float32Array, columns: number, negatives: readonly Uint32Array[]): Rank[] {
  return negatives.map(({ length }, row) =>
    rankOf(values.subarray(row * columns, row * columns + 1 + length), 0),
  );
}

/** The same scores as products alone: a bias is the product with a column of ones. */
function withBias(states: tf.Tensor2D, items: tf.Tensor2D, bias: tf.Tensor1D): [tf.Tensor2D, tf.Tensor2D] {
  return tf.tidy(() => [
    tf.concat2d([states, tf.ones([states.shape[0], 1])], 1),
    tf.concat2d([items, tf.expandDims<tf.Tensor2D>(bias, 1)], 1),
  ]);
}

async function ranksByScores(
  scoring: JointScoring,
  batch: RankingBatch,
  letEventsIn: LetEventsIn,
): Promise<readonly Rank[]> {
  const { numItems, users, targets, negatives } = batch;
  if (negatives !== null) {
    const { candidates, columns } = candidateRows(targets, negatives);
    const scoreBlock = (from: number, count: number): tf.Tensor2D => {
      const block = new Int32Array(users.length * count);
      users.forEach((_, row) => {
        const start = row * columns + from;
        block.set(candidates.subarray(start, start + count), row * count);
      });
      return scoring.scoreOwn(block);
    };
    const values = await scoresInBlocks(scoring, users.length, columns, scoreBlock, letEventsIn);
    return ranksOfRows(values, columns, negatives);
  }
  const scoreBlock = (from: number, count: number): tf.Tensor2D =>
    scoring.score(Int32Array.from({ length: count }, (_, place) => from + place + 1));
  const score = (): Promise<Float32Array> =>
    scoresInBlocks(scoring, users.length, numItems, scoreBlock, letEventsIn);
  return rankByScores({ score }).rank(batch);
}

/** What a model reads of the users of a batch: the newest items, left-padded to the longest history. */
export function queryOf(
  { users, histories }: Pick<RankingBatch, 'users' | 'histories'>,
  maxLength: number,
): Query {
  const length = Math.max(1, ...histories.map((history) => Math.min(history.length, maxLength)));
  const sequences = new Int32Array(histories.length * length);
  histories.forEach((history, row) => {
    const newest = history.subarray(Math.max(0, history.length - Math.min(length, maxLength)));
    sequences.set(newest, (row + 1) * length - newest.length);
  });
  return { size: histories.length, length, users: Int32Array.from(users), histories: sequences };
}

/** The items of each history as columns of the catalog. */
export function seenColumns(histories: readonly Uint32Array[]): Exclusions {
  const offsets = new Int32Array(histories.length + 1);
  histories.forEach((history, row) => (offsets[row + 1] = offsets[row]! + history.length));
  const columns = new Int32Array(offsets.at(-1)!);
  histories.forEach((history, row) =>
    columns.set(
      history.map((item) => item - 1),
      offsets[row],
    ),
  );
  return { offsets, columns };
}
