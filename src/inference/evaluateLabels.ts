import { namedBaselines } from '../config/namedBaselines';
import type { EvaluationConfig, ExperimentConfig } from '../config/schema';
import type { LabeledInteractions } from '../dataset/labeledInteractions';
import type { PreparedDataset } from '../dataset/preparedDataset';
import { measureLabels } from '../evaluation/measureLabels';
import type { MeasuredRankings } from '../evaluation/measureRankings';
import { findMetric, metricsOfLabels, type OwnMetrics } from '../evaluation/metrics/metrics';
import { fitBaseline } from '../model/createModel';
import type { Model } from '../model/model';
import { describedModel, typesOf, type BaselineConfig } from '../model/models';
import type { EvaluationProtocol } from '../protocol/evaluation';
import type { LetEventsIn } from '../protocol/letEventsIn';
import { thousands } from '../protocol/thousands';
import { InferenceError } from './inferenceError';
import { modelProbabilities } from './labelScores';
import { sequencesUntil } from './sequencesUntil';
import type { ShownTask } from './shownTask';

type Seeded = Pick<ExperimentConfig, 'evaluation' | 'seed'>;

/** What a ranker said of the rows of a part. */
export interface LabelResult extends MeasuredRankings {
  protocol: EvaluationProtocol;
  /** Probability of each row that the user takes the item. */
  scores: Float64Array;
}

/** What a model learns from and is measured by; null where that is what users took: the data have no labels, or it does not read them. */
export function labelsOf(
  { model }: Pick<ExperimentConfig, 'model'>,
  { labeled }: Pick<PreparedDataset, 'labeled'>,
): LabeledInteractions | null {
  return describedModel(model).learnsFromLabels === undefined ? null : labeled;
}

/** Says what a model makes of labels, and which options have no effect for it; null where the data have none. */
export function labelsText(
  { model }: Pick<ExperimentConfig, 'model'>,
  { labeled, offsets }: Pick<PreparedDataset, 'labeled' | 'offsets'>,
): string | null {
  if (labeled === null) return null;
  const { title, learnsFromLabels } = describedModel(model);
  const name = title[0]!.toUpperCase() + title.slice(1);
  const [rows, taken] = [thousands(labeled.items.length), thousands(offsets.at(-1)!)];
  if (learnsFromLabels === undefined) {
    const others = typesOf((other) => other.kind === 'trained' && other.learnsFromLabels !== undefined);
    return (
      `${name} does not learn from labels: it learns from the ${taken} interactions that users took and ranks the whole catalog. ` +
      `Models that learn from labels are ${others}.`
    );
  }
  const options = learnsFromLabels.withoutEffect.map((option) => `\`model.${option}\``).join(', ');
  return (
    `${name} learns from the labels of ${rows} shown items and is measured by them.` +
    (options === '' ? '' : ` These options have no effect then: ${options}.`)
  );
}

/**
 * Says which metrics have no value for the rows of a part, whatever the scores; null where all have one.
 * @throws InferenceError where one of them selects the epoch: no epoch would be better than another
 */
export function unmeasuredText(
  { part, shown, lists }: ShownTask,
  { metrics, cutoffs }: Pick<EvaluationConfig, 'metrics' | 'cutoffs'>,
  mainMetric: string,
): string | null {
  const known = metrics.filter((name) => findMetric(name) !== undefined);
  const constant = new Float64Array(shown.labels.length).fill(0.5);
  const by = { metrics: metricsOfLabels(known), cutoffs };
  const values = Object.entries(measureLabels(shown, lists, constant, by).metrics);
  const missing = values.filter(([, value]) => Number.isNaN(value)).map(([name]) => name);
  if (missing.length === 0) return null;
  const names = new Intl.ListFormat('en').format(
    missing.map((name) => name.replace(/^[^@]+/, findMetric(name)!.title)),
  );
  const reason =
    `${names} cannot be computed on ${part}: ` +
    (missing.includes('gauc') || lists.by === 'user'
      ? 'no user was shown items with both labels there. Hold more out'
      : `none of the ${thousands(lists.leftOut)} impressions there has items with both labels. ` +
        'Without `dataset.columns.impression`, all that a user was shown in the part is ranked together');
  if (part === 'validation' && missing.includes(mainMetric)) {
    throw new InferenceError(
      'evaluation/no-value',
      `${reason}, or select the epoch by another metric: \`training.earlyStopping.metric\`.`,
    );
  }
  return `${reason}.`;
}

/** The rows of a part by a model. */
export async function measureModelByLabels(
  model: Model,
  task: ShownTask,
  config: EvaluationConfig,
  letEventsIn: LetEventsIn,
  own?: OwnMetrics,
): Promise<LabelResult> {
  return measured(task, await modelProbabilities(model, task, letEventsIn), config, own);
}

/** The same by a baseline, fitted to all rows before the part. */
export async function measureBaselineByLabels(
  { model, evaluation, seed }: Seeded & { model: BaselineConfig },
  dataset: PreparedDataset,
  task: ShownTask,
  letEventsIn: LetEventsIn,
  own?: OwnMetrics,
): Promise<LabelResult> {
  const sequences = sequencesUntil(dataset, task.part === 'validation' ? 'train' : 'validation');
  const baseline = await fitBaseline(model, sequences, seed, letEventsIn);
  if (baseline.probabilities === undefined) throw new Error(`${model.type} has no probabilities.`);
  const { users, items } = task.shown;
  return measured(task, baseline.probabilities(users, items), evaluation, own);
}

/** The rows of a part by each baseline of the config, by the baseline's key. */
export async function measureBaselinesByLabels(
  { evaluation, seed }: Seeded,
  dataset: PreparedDataset,
  task: ShownTask,
  letEventsIn: LetEventsIn,
  own?: OwnMetrics,
): Promise<Map<string, LabelResult>> {
  const results = new Map<string, LabelResult>();
  for (const { key, config: model } of namedBaselines(evaluation)) {
    const config = { model, evaluation, seed };
    results.set(key, await measureBaselineByLabels(config, dataset, task, letEventsIn, own));
  }
  return results;
}

function measured(
  { shown, lists, protocol }: ShownTask,
  scores: Float64Array,
  { metrics, cutoffs }: EvaluationConfig,
  own?: OwnMetrics,
): LabelResult {
  const by = { metrics: metricsOfLabels(metrics, own), cutoffs };
  return { ...measureLabels(shown, lists, scores, by), protocol, scores };
}
