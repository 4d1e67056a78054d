import * as tf from '@tensorflow/tfjs-core';
import { targetRanks, type Exclusions } from '../compute/ranking';
import type { PreparedDataset } from '../dataset/preparedDataset';
import {
  evaluateFullRanking,
  rankByScores,
  type Ranker,
  type RankingResult,
  type RankingTask,
  type Scorer,
} from '../evaluation/fullRanking';
import { rankFrom } from '../evaluation/rankMetrics';
import type { EvaluationConfig } from '../config/schema';
import type { TrainingSequences } from '../model/baselines/baseline';
import { ItemKnn } from '../model/baselines/itemKnn';
import { Markov } from '../model/baselines/markov';
import { Popularity } from '../model/baselines/popularity';
import type { SequenceModel } from '../model/sequenceModel';
import { TrainingError } from './trainingError';

/** Users whose sequences go through a model at once. */
const MODEL_BATCH = 256;
/** Bounds the score matrix of one batch to about 32 MB, where there is one. */
const MAX_SCORES = 8 * 1024 * 1024;

type Part = RankingTask['part'];
type Progress = (done: number, total: number) => void | Promise<void>;

/**
 * The users, histories and held-out items of one part. The history of the test part includes the validation item, which
 * lies before it in time.
 */
export function rankingTask(dataset: PreparedDataset, part: Part): RankingTask {
  const { offsets, trainEnd, validationEnd, items } = dataset;
  const start = part === 'validation' ? trainEnd : validationEnd;
  const end = (user: number): number => (part === 'validation' ? validationEnd[user]! : offsets[user + 1]!);
  const users = Uint32Array.from(start.keys()).filter((user) => start[user]! < end(user));
  if (users.length === 0) {
    throw new TrainingError(
      'evaluation/no-users',
      `No user has an item held out for ${part}: leave-one-out needs at least three interactions of a user. ` +
        'Use data with longer histories.',
    );
  }
  return {
    part,
    numItems: dataset.numItems,
    users,
    history: (user) => items.subarray(offsets[user], start[user]),
    target: (user) => items[start[user]!]!,
  };
}

/** Ranks the held-out items of one part by the model. */
export function evaluateModel(
  model: SequenceModel,
  dataset: PreparedDataset,
  part: Part,
  config: EvaluationConfig,
  onProgress?: Progress,
): Promise<RankingResult> {
  return evaluate(modelRanker(model), dataset, part, config, onProgress);
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
    const ranker = rankByScores(createBaseline(name, sequences));
    results.set(name, await evaluate(ranker, dataset, 'test', config, onProgress));
  }
  return results;
}

function evaluate(
  ranker: Ranker,
  dataset: PreparedDataset,
  part: Part,
  { cutoffs, filterSeen }: EvaluationConfig,
  onProgress?: Progress,
): Promise<RankingResult> {
  const batchSize = Math.max(1, Math.min(MODEL_BATCH, Math.floor(MAX_SCORES / dataset.numItems)));
  return evaluateFullRanking(rankingTask(dataset, part), ranker, {
    cutoffs,
    filterSeen,
    batchSize,
    ...(onProgress === undefined ? {} : { onProgress }),
  });
}

function createBaseline(name: EvaluationConfig['baselines'][number], sequences: TrainingSequences): Scorer {
  switch (name) {
    case 'popularity':
      return new Popularity(sequences);
    case 'itemKnn':
      return new ItemKnn(sequences);
    case 'markov':
      return new Markov(sequences);
  }
}

/** Ranks without making all scores, because a score is a product of a user's state and an item's vector. */
function modelRanker(model: SequenceModel): Ranker {
  return {
    async rank({ histories, targets, filterSeen }) {
      const { sequences, length } = newestItems(histories, model.maxSequenceLength);
      const { states, items } = tf.tidy(() => model.vectors(sequences, histories.length, length));
      try {
        const columns = Int32Array.from(targets, (item) => item - 1);
        const seen = filterSeen ? seenColumns(histories) : undefined;
        const { greater, equal } = await targetRanks(states, items, columns, seen);
        return targets.map((_, row) => rankFrom(greater[row]!, equal[row]!));
      } finally {
        tf.dispose([states, items]);
      }
    },
  };
}

/** What a model reads of each history, left-padded to the longest. */
function newestItems(
  histories: readonly Uint32Array[],
  maxLength: number,
): { sequences: Int32Array; length: number } {
  const length = Math.max(1, ...histories.map((history) => Math.min(history.length, maxLength)));
  const sequences = new Int32Array(histories.length * length);
  histories.forEach((history, row) => {
    const newest = history.subarray(Math.max(0, history.length - length));
    sequences.set(newest, (row + 1) * length - newest.length);
  });
  return { sequences, length };
}

/** The items of each history as columns of the catalogue. */
function seenColumns(histories: readonly Uint32Array[]): Exclusions {
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
