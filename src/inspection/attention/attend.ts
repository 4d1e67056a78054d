import * as tf from '@tensorflow/tfjs-core';
import type { Model, Scoring } from '../../model/model';
import type {
  AttentionRequest,
  AttentionResult,
  RecordedWeights,
  ScoredItem,
} from '../../protocol/attention';
import { catalogScores } from '../../inference/catalogScores';
import { seenRule } from '../../inference/seenItems';
import { cutPadding } from './cutPadding';
import type { OpenRun } from '../inspectedRuns';
import { InspectionError } from '../inspectionError';
import { ItemRanking } from '../itemRanking';
import type { ItemVectors } from './itemVectors';
import { leaveOneOut } from './leaveOneOut';
import { itemLabel, userLabel } from '../runInspector';
import { subjectQuery, subjectTimes } from './subjectTimes';
import { WeightRecorder } from './weightRecorder';

/**
 * What a model recommends to a user with a history, and what it looked at: one forward pass, whose weights the model's own
 * layers record, and one more over the candidates where weights depend on them.
 * @throws InspectionError when there is no such user or item, or no history for a model that reads one
 */
export async function attend(
  run: OpenRun,
  model: Model,
  itemVectors: ItemVectors,
  request: AttentionRequest,
): Promise<AttentionResult> {
  const { config, dataset } = run;
  check(run, model, request);
  const { subject, target, topK } = request;
  const { maxLength } = model.batches;
  const times = subjectTimes(dataset, subject, target);
  const query = subjectQuery(dataset, model, subject.user, [subject.history], target);
  const read = subject.history.slice(Math.max(0, subject.history.length - maxLength));

  const recorder = new WeightRecorder(model.attentions);
  const scoring = tf.tidy(
    () => itemVectors.scoring(model, query, recorder.record) as Scoring & tf.TensorContainer,
  );
  try {
    const excluded = seenRule(dataset, config.evaluation).filterSeen ? subject.history : [];
    const ranking = new ItemRanking(await catalogScores(scoring, 1, dataset.numItems), excluded);
    const scored = (item: number): ScoredItem => ({
      ...itemLabel(dataset, item),
      score: ranking.scoreOf(item),
      rank: ranking.rankOf(item),
    });
    const candidates = request.candidates.length > 0 ? request.candidates : ranking.best(1);
    if (scoring.kind === 'joint' && candidates.length > 0)
      tf.tidy(() => void scoring.score(Int32Array.from(candidates), recorder.record));

    const wantsContributions = model.attentions.length === 0 || request.contributions === true;
    return {
      history: subject.history
        .map((item, place) => ({ ...itemLabel(dataset, item), time: milliseconds(times.history[place]!) }))
        .slice(subject.history.length - read.length),
      weights: candidates.length === 0 ? [] : await weightsOf(model, recorder, read.length),
      candidates: candidates.map(scored),
      recommendations: ranking.best(topK).map(scored),
      target: target === null ? null : scored(target),
      contributions: wantsContributions
        ? await leaveOneOut(run, model, itemVectors, subject, candidates, target)
        : [],
    };
  } finally {
    recorder.dispose();
    // The items' vectors are kept.
    tf.dispose(scoring.kind === 'joint' ? scoring.encoded : [scoring.states, scoring.bias ?? []]);
  }
}

function check(run: OpenRun, model: Model, { subject, candidates, target, topK }: AttentionRequest): void {
  const { dataset } = run;
  if (subject.user !== -1) userLabel(dataset, subject.user);
  for (const item of [...subject.history, ...candidates, ...(target === null ? [] : [target])])
    itemLabel(dataset, item);
  if (!Number.isInteger(topK) || topK < 0)
    throw new InspectionError(
      'inspection/bad-request',
      `${topK} recommendations were requested; expected a whole number of at least 0.`,
    );
  requireHistory(run, model, subject.history);
}

/** @throws InspectionError for an empty history where training never meets one */
export function requireHistory({ manifest }: OpenRun, { batches }: Model, history: readonly number[]): void {
  if (history.length > 0 || batches.minLength === 0) return;
  throw new InspectionError(
    'inspection/empty-history',
    `The history is empty, and \`${manifest.model}\` recommends by what a user did: put one item into it at least.`,
  );
}

async function weightsOf(
  { attentions }: Model,
  recorder: WeightRecorder,
  numItems: number,
): Promise<RecordedWeights[]> {
  const recorded = await recorder.read();
  return attentions.map(({ name, of, axes }, index) => {
    const { shape, values, toPadding } = cutPadding(recorded[index]!, axes, numItems);
    return {
      view: name,
      // The weights of a user have one user as their first axis.
      shape: of === 'user' ? shape.slice(1) : shape,
      values,
      ...(toPadding !== null && { toPadding }),
    };
  });
}

const milliseconds = (seconds: number | null): number | null => (seconds === null ? null : seconds * 1000);
