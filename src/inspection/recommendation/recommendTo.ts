import * as tf from '@tensorflow/tfjs-core';
import type { PreparedDataset } from '../../dataset/preparedDataset';
import { catalogScores } from '../../inference/catalogScores';
import { isModel } from '../../inference/recommend';
import { seenRule } from '../../inference/seenItems';
import type { Baseline } from '../../model/baseline';
import type { Model, Scoring } from '../../model/model';
import type { AttentionSubject, ScoredItem } from '../../protocol/attention';
import type { Reasons, RecommendationRequest, RecommendationResult } from '../../protocol/recommendation';
import { requireHistory } from '../attention/attend';
import type { ItemVectors } from '../attention/itemVectors';
import { subjectQuery } from '../attention/subjectTimes';
import { WeightRecorder } from '../attention/weightRecorder';
import type { OpenRun } from '../inspectedRuns';
import { InspectionError } from '../inspectionError';
import { ItemRanking } from '../itemRanking';
import { itemLabel } from '../runInspector';
import { reasonsOfBaseline, reasonsOfModel, reasonView } from './reasons';

/**
 * What a model or a baseline recommends to one user, where it ranks what the user did next, and what of the history speaks for
 * each. Items that the run does not know are left out of the history.
 * @throws InspectionError where the history is empty and the model needs one
 */
export async function recommendTo(
  run: OpenRun,
  recommender: Model | Baseline,
  itemVectors: ItemVectors,
  request: RecommendationRequest,
): Promise<RecommendationResult> {
  const { dataset } = run;
  const { topK } = request;
  if (!Number.isInteger(topK) || topK < 1)
    throw new InspectionError(
      'inspection/bad-request',
      `${topK} recommendations were requested; expected a whole number of at least 1.`,
    );
  const indices = indicesOf(dataset);
  const user = request.user === null ? -1 : (indices.users.get(request.user) ?? -1);
  const places = request.history.map((id) => indices.items.get(id) ?? null);
  const history = places.filter((item) => item !== null);
  const targets = request.heldOut.map((id) => indices.items.get(id) ?? null);
  const known = targets.filter((item) => item !== null);
  const rule = seenRule(dataset, run.config.evaluation);
  const filterSeen = rule.filterSeen && !request.keepSeen;

  /** The part of the answer that is the same for all that recommends. */
  const answer = async (
    scores: Float32Array,
    reasonsFor: (items: readonly number[]) => Promise<Omit<Reasons, 'perItem'> | null>,
  ): Promise<Omit<RecommendationResult, 'read'>> => {
    const ranking = new ItemRanking(scores, filterSeen ? history : []);
    const scored = (item: number): ScoredItem => ({
      ...itemLabel(dataset, item),
      score: ranking.scoreOf(item),
      rank: ranking.rankOf(item),
    });
    const best = ranking.best(topK);
    const reasons =
      request.reasons && history.length > 0 && best.length > 0 ? await reasonsFor([...best, ...known]) : null;
    return {
      recommendations: best.map(scored),
      heldOut: targets.map((item) => (item === null ? null : scored(item))),
      knowsUser: user >= 0,
      unknown: [...places.keys()].filter((place) => places[place] === null),
      filterSeen,
      numCandidates: dataset.numItems - (filterSeen ? new Set(history).size : 0),
      reasons: reasons && {
        ...reasons,
        perItem: reasons.values.length > history.length,
        values: overRequest(reasons.values, history.length, places),
      },
    };
  };

  if (!isModel(recommender)) {
    const scores = await recommender.score([Uint32Array.from(history)]);
    const reasonsFor = (items: readonly number[]) => reasonsOfBaseline(recommender, history, items, scores);
    return { ...(await answer(Float32Array.from(scores), reasonsFor)), read: null };
  }
  const subject: AttentionSubject = { user, history };
  requireHistory(run, recommender, history);
  const view = request.reasons ? reasonView(recommender) : null;
  const recorder = new WeightRecorder(view === null ? [] : [view]);
  const query = subjectQuery(dataset, recommender, user, [history], known[0] ?? null);
  const scoring = tf.tidy(
    () => itemVectors.scoring(recommender, query, recorder.record) as Scoring & tf.TensorContainer,
  );
  try {
    const scores = await catalogScores(scoring, 1, dataset.numItems);
    const reasonsFor = (items: readonly number[]) =>
      reasonsOfModel({ run, model: recommender, itemVectors, subject, scoring, view, recorder }, items);
    const read = Math.min(history.length, recommender.batches.maxLength);
    return { ...(await answer(scores, reasonsFor)), read };
  } finally {
    recorder.dispose();
    // The items' vectors are kept.
    tf.dispose(scoring.kind === 'joint' ? scoring.encoded : [scoring.states, scoring.bias ?? []]);
  }
}

/** Values by place in the known history as values by place in the request's. */
function overRequest(values: Float32Array, length: number, places: readonly (number | null)[]): Float32Array {
  if (length === places.length) return values;
  const rows = values.length / length;
  const wide = new Float32Array(rows * places.length).fill(NaN);
  for (let row = 0; row < rows; row++) {
    let place = row * length;
    places.forEach((item, column) => {
      if (item !== null) wide[row * places.length + column] = values[place++]!;
    });
  }
  return wide;
}

interface Indices {
  users: ReadonlyMap<string, number>;
  items: ReadonlyMap<string, number>;
}

const known = new WeakMap<PreparedDataset, Indices>();

/** Users and items by their ids. */
function indicesOf(dataset: PreparedDataset): Indices {
  const made = known.get(dataset) ?? {
    users: new Map(dataset.userIds.map((id, user) => [id, user])),
    // The first one is the padding.
    items: new Map(dataset.itemIds.map((id, item) => [id, item] as const).slice(1)),
  };
  known.set(dataset, made);
  return made;
}
