import { namedBaselines } from '../config/namedBaselines';
import type { EvaluationConfig, ExperimentConfig } from '../config/schema';
import type { PreparedDataset } from '../dataset/preparedDataset';
import {
  evaluateRanking,
  type Ranker,
  type RankingResult,
  type RankingTask,
} from '../evaluation/evaluateRanking';
import { rankingMetrics, type OwnMetrics } from '../evaluation/metrics/metrics';
import type { Baseline } from '../model/baseline';
import type { BatchBuilder } from '../model/batches/batchBuilder';
import type { CandidateLists } from '../protocol/candidateLists';
import { countOf, countOfAll } from '../protocol/countOf';
import type { LetEventsIn } from '../protocol/letEventsIn';
import { fitBaseline } from '../model/createModel';
import type { BaselineDescription } from '../model/description';
import type { Model } from '../model/model';
import { BASELINE_MODELS, describedModel, isBaseline, typeOf, type BaselineConfig } from '../model/models';
import type { SampledNegatives } from '../protocol/evaluation';
import { thousands } from '../protocol/thousands';
import { catalogOf } from './catalogOf';
import { heldOutTargets, type HeldOutTargets } from './heldOutTargets';
import { InferenceError } from './inferenceError';
import { listedCandidates, usersWithList } from './listedCandidates';
import { ModelRanker } from './modelRanker';
import { rankByScores } from './rankByScores';
import { fewerNegatives, sampleNegatives } from './sampledNegatives';
import { seenRule } from './seenItems';
import { sequencesUntil } from './sequencesUntil';
import { sampleUsers } from './shownTask';

/** Users whose sequences go through a model at once. */
const MODEL_BATCH = 256;
/** Bounds the score matrix of one batch to about 32 MB, where there is one. */
const MAX_SCORES = 8 * 1024 * 1024;
/** Places of the lists that are stored of each user of test, at least. */
const STORED_LIST_LENGTH = 20;
/** Floats of an embedding, about. */
const EMBEDDING_WIDTH = 64;

type Part = RankingTask['part'];
type Seeded = Pick<ExperimentConfig, 'evaluation' | 'seed'>;
type Progress = (done: number, total: number) => void | Promise<void>;

/**
 * The users, histories and held-out items of one part. The history of the test part includes the validation item, which
 * lies before it in time. Where items of the history are no candidates, held-out items that are among them are left out.
 * @param reads of times: who reads the held-out item's is told, and the protocol says so
 * @throws InferenceError when nobody is left
 */
export function rankingTask(
  dataset: PreparedDataset,
  part: Part,
  config: EvaluationConfig,
  reads: Pick<BatchBuilder, 'times'> = {},
): RankingTask {
  const { offsets, validationEnd, times } = dataset;
  const before = sequencesBefore(dataset, part);
  const start = before.ends;
  const end = (user: number): number => (part === 'validation' ? validationEnd[user]! : offsets[user + 1]!);
  const { candidates, maxValidationUsers } = config;
  const lists = candidates.type === 'file' ? listsOf(dataset) : null;
  const all = Uint32Array.from(start.keys()).filter((user) => start[user]! < end(user));
  const held = lists === null ? all : usersWithList(lists, all);
  if (lists !== null && held.length === 0 && all.length > 0) {
    throw new InferenceError(
      'evaluation/no-users',
      `None of the ${countOf(all.length, 'user')} with items held out for ${part} has a list in \`${lists.file}\`. ` +
        'Name a file with lists of these users in `evaluation.candidates.path`.',
    );
  }
  const chosen =
    part === 'validation' && maxValidationUsers !== null ? sampleUsers(held, maxValidationUsers) : held;
  if (chosen.length === 0) {
    throw new InferenceError(
      'evaluation/no-users',
      `No user has an item held out for ${part}: ${dataset.split.text} needs ${dataset.split.needs}. ` +
        'Use data with longer histories.',
    );
  }
  const history = (user: number): Uint32Array => before.items.subarray(offsets[user], start[user]);
  const rule = seenRule(dataset, config);
  const targets = heldOutTargets(
    dataset,
    { users: chosen, history, from: (user) => start[user]!, to: end },
    rule.filterSeen,
  );
  if (targets.users.length === 0) {
    throw new InferenceError(
      'evaluation/all-seen',
      `Every item held out for ${part} is in its user's history (${targets.numSeen} of ${targets.numSeen}), and items of the ` +
        'history are left out of the ranking, so no user is left to evaluate. Set `evaluation.filterSeen` to false: users meet ' +
        'items again here.',
    );
  }
  return {
    part,
    split: dataset.split,
    numItems: dataset.numItems,
    users: targets.users,
    numTargets: targets.numTargets,
    ...rule,
    seenTargets: targets.numSeen,
    history,
    targets: (user) => targets.of(user),
    ...(before.times && { times: (user) => before.times!.subarray(offsets[user], start[user]) }),
    ...(times && { targetTimes: (user) => targets.timesOf(user) }),
    ...(times && reads.times === 'target' && { tellsTargetTime: true }),
    catalog: () => catalogOf(dataset),
    ...(candidates.type === 'sampled' && {
      sampled: sampledOf(dataset, candidates, targets, rule.filterSeen),
    }),
    ...(lists !== null && {
      listed: listedCandidates(lists, targets, { history, ...rule, unlistedUsers: all.length - held.length }),
    }),
  };
}

/** @throws Error where whoever opened the data has not put them there */
function listsOf({ candidates }: PreparedDataset): CandidateLists {
  if (candidates === undefined) throw new Error('The lists of candidates were not opened.');
  return candidates;
}

/** Negatives of each user: none that they ever met where seen items are filtered, and no targets in any case. */
function sampledOf(
  dataset: PreparedDataset,
  candidates: SampledNegatives,
  { users, of }: HeldOutTargets,
  filterSeen: boolean,
): NonNullable<RankingTask['sampled']> {
  const { offsets, items } = dataset;
  const excludedOf = filterSeen ? (user: number) => items.subarray(offsets[user], offsets[user + 1]) : of;
  const fewer = fewerNegatives(users, dataset.numItems, candidates.count, excludedOf);
  return { ...candidates, ...(fewer && { fewer }), of: sampleNegatives(dataset, candidates, excludedOf) };
}

/** What a ranker of a part may learn from: all that comes before it. */
function sequencesBefore(dataset: PreparedDataset, part: Part): ReturnType<typeof sequencesUntil> {
  return sequencesUntil(dataset, part === 'validation' ? 'train' : 'validation');
}

/** Ranks the held-out items of one part by the model. */
export async function evaluateModel(
  model: Model,
  dataset: PreparedDataset,
  part: Part,
  config: EvaluationConfig,
  onProgress?: Progress,
  own?: OwnMetrics,
): Promise<RankingResult> {
  const ranker = new ModelRanker(model, letEventsInOf(onProgress));
  try {
    return await evaluate(ranker, rankingTask(dataset, part, config, model.batches), config, onProgress, own);
  } finally {
    ranker.dispose();
  }
}

/**
 * Ranks the held-out items of the test part by each baseline, by the baseline's key. Baselines are fitted on all that comes before
 * the test item: more than the model learned from, so a model that beats them does so fairly.
 */
export async function evaluateBaselines(
  dataset: PreparedDataset,
  { evaluation, seed }: Seeded,
  onProgress?: Progress,
  own?: OwnMetrics,
): Promise<Map<string, RankingResult>> {
  const sequences = sequencesBefore(dataset, 'test');
  const results = new Map<string, RankingResult>();
  for (const { key, config } of namedBaselines(evaluation)) {
    const baseline = await fitBaseline(config, sequences, seed, letEventsInOf(onProgress));
    const task = rankingTask(dataset, 'test', evaluation);
    results.set(key, await evaluateFitted(baseline, task, evaluation, onProgress, own));
  }
  return results;
}

/** Ranks the held-out items of one part by a baseline, fitted on the interactions before them. */
export async function evaluateBaseline(
  { model, evaluation, seed }: Seeded & { model: BaselineConfig },
  dataset: PreparedDataset,
  part: Part,
  onProgress?: Progress,
  own?: OwnMetrics,
): Promise<RankingResult> {
  const baseline = await fitBaseline(model, sequencesBefore(dataset, part), seed, letEventsInOf(onProgress));
  const task = rankingTask(dataset, part, evaluation);
  return evaluateFitted(baseline, task, evaluation, onProgress, own);
}

function evaluateFitted(
  baseline: Baseline,
  task: RankingTask,
  config: EvaluationConfig,
  onProgress?: Progress,
  own?: OwnMetrics,
): Promise<RankingResult> {
  const { batchScores } = baseline;
  const batchSize = batchScores && Math.max(1, Math.floor(batchScores / task.numItems));
  return evaluate(rankByScores(baseline), task, config, onProgress, own, batchSize);
}

function evaluate(
  ranker: Ranker,
  task: RankingTask,
  { metrics, cutoffs }: EvaluationConfig,
  onProgress?: Progress,
  own?: OwnMetrics,
  wantedBatchSize?: number,
): Promise<RankingResult> {
  // Engines without a kernel for it gather the embeddings of all negatives.
  const numOthers = task.sampled?.count ?? task.listed?.longest ?? 0;
  const perUser = Math.max(task.numItems, (1 + numOthers) * EMBEDDING_WIDTH);
  const batchSize = wantedBatchSize ?? Math.max(1, Math.min(MODEL_BATCH, Math.floor(MAX_SCORES / perUser)));
  return evaluateRanking(task, ranker, {
    metrics: rankingMetrics(metrics, own),
    cutoffs,
    batchSize,
    ...(task.part === 'test' && { listLength: Math.max(STORED_LIST_LENGTH, ...cutoffs) }),
    ...(onProgress === undefined ? {} : { onProgress }),
  });
}

/** What is called between batches is called inside of long ones too. */
function letEventsInOf(onProgress: Progress | undefined): LetEventsIn {
  return () => onProgress?.(0, 0);
}

/** The baselines that a run measures: those of its evaluation, and its own model if it is one. */
export function measuredBaselines({
  model,
  evaluation,
}: Pick<ExperimentConfig, 'model' | 'evaluation'>): BaselineDescription[] {
  const named = namedBaselines(evaluation).map(({ config }) => config.type);
  const measured: readonly string[] = [model.type, ...named];
  return BASELINE_MODELS.filter((baseline) => measured.includes(typeOf(baseline)));
}

/** What is to be said where a baseline counts only the newest interactions of some users. */
export function newestCountedNotes(
  { offsets }: PreparedDataset,
  config: Pick<ExperimentConfig, 'model' | 'evaluation'>,
): string[] {
  return measuredBaselines(config).flatMap(({ newestCounted, title }) => {
    if (newestCounted === undefined) return [];
    let longer = 0;
    for (let user = 1; user < offsets.length; user++)
      if (offsets[user]! - offsets[user - 1]! > newestCounted) longer++;
    const users = countOfAll(longer, offsets.length - 1, 'user', ['has more', 'have more']);
    const name = title[0]!.toUpperCase() + title.slice(1);
    return longer === 0
      ? []
      : [`${name} counts only the newest ${thousands(newestCounted)} interactions of a user: ${users}.`];
  });
}

/** What is to be said where measuring a baseline takes long. */
export function slowBaselineNotes(
  { offsets, numItems }: Pick<PreparedDataset, 'offsets' | 'numItems'>,
  { model, evaluation }: Pick<ExperimentConfig, 'model' | 'evaluation'>,
): string[] {
  const lengths = offsets.subarray(1).map((end, user) => end - offsets[user]!);
  const named = namedBaselines(evaluation).map(({ config }) => config);
  const notes = [...(isBaseline(model) ? [model] : []), ...named].map((config) => {
    const described: Pick<BaselineDescription, 'slowNote'> = describedModel(config);
    return described.slowNote?.(config, lengths, numItems) ?? null;
  });
  return [...new Set(notes)].filter((note) => note !== null);
}
