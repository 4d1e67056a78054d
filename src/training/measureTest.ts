import { namedBaselines } from '../config/namedBaselines';
import { isTrained, type ExperimentConfig, type TrainedConfig } from '../config/schema';
import type { LabeledInteractions } from '../dataset/labeledInteractions';
import type { PreparedDataset } from '../dataset/preparedDataset';
import type { RankingResult } from '../evaluation/evaluateRanking';
import type { MeasuredRankings } from '../evaluation/measureRankings';
import { hr } from '../evaluation/metrics/hr';
import { meanRankMetric, tieGroups, type Ranks } from '../evaluation/rankMetrics';
import { MODEL_RANKER, type PerUserResults } from '../evaluation/perUserResults';
import type { OwnMetrics } from '../evaluation/metrics/metrics';
import type { Model } from '../model/model';
import { isBaseline, type BaselineConfig } from '../model/models';
import type { EvaluationProtocol } from '../protocol/evaluation';
import { withWarning, type MeasuredMetrics, type RunWarning, type TestResult } from '../protocol/run';
import { loadCheckpoint } from '../inference/checkpoint';
import { evaluateBaseline, evaluateBaselines, evaluateModel, rankingTask } from '../inference/evaluateModel';
import {
  labelsOf,
  measureBaselineByLabels,
  measureBaselinesByLabels,
  measureModelByLabels,
  type LabelResult,
} from '../inference/evaluateLabels';
import { resultDetailsOf } from '../inference/resultDetails';
import { openRunMetrics } from '../inference/runModel';
import { predictableShare } from '../inference/predictableShare';
import { nameOfNotFinite } from '../inference/finiteWeights';
import { resultRows, shownTask, type ShownTask } from '../inference/shownTask';
import { writeLabeledResults } from '../runs/labeledFile';
import { writePerUserResults } from '../runs/perUserFile';
import { EVALUATION_SCHEMA_VERSION } from '../runs/resultColumns';
import {
  belowPopularityMessage,
  constantProbabilitiesMessage,
  constantScoresMessage,
  tooGoodMessage,
} from './resultWarnings';
import type { RunRecorder } from './runRecorder';
import { TrainingError } from './trainingError';

/* The test split is read once, at the planned end of a training or when someone asks for an evaluation. */

/** Measures the best checkpoint on test. */
export async function testModel(
  recorder: RunRecorder,
  config: TrainedConfig,
  dataset: PreparedDataset,
  model: Model,
): Promise<void> {
  const { best } = (await loadCheckpoint(recorder.run.checkpointPath('best'), model.state, null))
    .earlyStopping;
  if (best === null) {
    throw new TrainingError(
      'checkpoint/missing',
      'No epoch of this run was finished, so there is nothing to test.',
    );
  }
  const broken = await nameOfNotFinite(model.state);
  if (broken !== null) {
    throw new TrainingError(
      'checkpoint/not-finite',
      `The weights \`${broken}\` of the best checkpoint are not finite, so there is nothing to test. ` +
        'Train again with a lower `training.learningRate`.',
    );
  }
  const labeled = labelsOf(config, dataset);
  const { evaluation } = config;
  const letEventsIn = () => recorder.letEventsIn();
  if (labeled === null)
    await test(recorder, config, dataset, best, (metrics) =>
      evaluateModel(model, dataset, 'test', evaluation, letEventsIn, metrics),
    );
  else
    await testByLabels(recorder, config, dataset, labeled, best, (task, metrics) =>
      measureModelByLabels(model, task, evaluation, letEventsIn, metrics),
    );
  recorder.update({ best });
}

export async function testBaseline(
  recorder: RunRecorder,
  config: ExperimentConfig,
  dataset: PreparedDataset,
): Promise<void> {
  const baseline = { ...config, model: baselineOf(config) };
  const labeled = labelsOf(config, dataset);
  const letEventsIn = () => recorder.letEventsIn();
  if (labeled === null)
    await test(recorder, config, dataset, NO_TRAINING, (metrics) =>
      evaluateBaseline(baseline, dataset, 'test', letEventsIn, metrics),
    );
  else
    await testByLabels(recorder, config, dataset, labeled, NO_TRAINING, (task, metrics) =>
      measureBaselineByLabels(baseline, dataset, task, letEventsIn, metrics),
    );
}

/** Where a model stands that needs no steps. */
export const NO_TRAINING = { epoch: 0, step: 0 };

/** Measures a model and the baselines on test, and stores the metrics and the results of each user. */
async function test(
  recorder: RunRecorder,
  config: ExperimentConfig,
  dataset: PreparedDataset,
  { epoch, step }: Pick<MeasuredMetrics, 'epoch' | 'step'>,
  evaluateOwn: (metrics: OwnMetrics) => Promise<RankingResult>,
): Promise<void> {
  const started = performance.now();
  const ownMetrics = await openRunMetrics(recorder.run, config);
  const own = await evaluateOwn(ownMetrics);
  const letEventsIn = () => recorder.letEventsIn();
  const baselineResults = await evaluateBaselines(dataset, config, letEventsIn, ownMetrics);
  const seconds = (performance.now() - started) / 1000;

  const { targetOffsets } = own;
  const protocol = testProtocol(own.protocol, config);
  const task = rankingTask(dataset, 'test', config.evaluation);
  const rankers = new Map([[MODEL_RANKER, own], ...baselineResults]);
  const perUser: PerUserResults = {
    ...{ protocol, epoch, step },
    userIds: Array.from(task.users, (user) => dataset.userIds[user]!),
    targetOffsets,
    details: resultDetailsOf(dataset, task),
    rankers,
  };
  await writePerUserResults(recorder.run, perUser, recorder.settle);
  await recordTest(recorder, config, { epoch, step, protocol, seconds }, rankers);
  if (!isTrained(config)) return;
  warnOf(recorder, 'result/constant-scores', constantScoresMessage(own.ranks, task));
  const first = ({ ranks }: { ranks: Ranks }): number =>
    meanRankMetric(hr, tieGroups({ targetOffsets, ranks }), 1);
  const shares = { model: first(own), baselines: [...baselineResults.values()].map(first) };
  warnOf(
    recorder,
    'result/too-good',
    tooGoodMessage(shares, () => predictableShare(task)),
  );
}

/** Adds a warning to the run, or takes it back. */
function warnOf(recorder: RunRecorder, code: RunWarning['code'], message: string | null): void {
  if (message !== null) recorder.warn(message);
  recorder.update({ warnings: withWarning(recorder.manifest.warnings, code, message) });
}

/** The same by labels, with the results of each row. */
async function testByLabels(
  recorder: RunRecorder,
  config: ExperimentConfig,
  dataset: PreparedDataset,
  labeled: LabeledInteractions,
  { epoch, step }: Pick<MeasuredMetrics, 'epoch' | 'step'>,
  evaluateOwn: (task: ShownTask, metrics: OwnMetrics) => Promise<LabelResult>,
): Promise<void> {
  const started = performance.now();
  const metrics = await openRunMetrics(recorder.run, config);
  const task = shownTask(dataset, labeled, 'test', config.evaluation);
  const own = await evaluateOwn(task, metrics);
  const letEventsIn = () => recorder.letEventsIn();
  const rankers = new Map([
    [MODEL_RANKER, own],
    ...(await measureBaselinesByLabels(config, dataset, task, letEventsIn, metrics)),
  ]);
  const seconds = (performance.now() - started) / 1000;
  const protocol = testProtocol(task.protocol, config);
  const results = { protocol, epoch, step, ...resultRows(dataset, task) };
  const scores = new Map([...rankers].map(([key, { scores: ofRows }]) => [key, ofRows]));
  await writeLabeledResults(recorder.run, { ...results, rankers: scores }, recorder.settle);
  await recordTest(recorder, config, { epoch, step, protocol, seconds }, rankers);
  if (!isTrained(config)) return;
  warnOf(recorder, 'result/constant-scores', constantProbabilitiesMessage(own.scores));
}

/**
 * Stores the metrics of a test, and says so.
 * @param rankers the model and the baselines
 */
export async function recordTest(
  recorder: RunRecorder,
  config: ExperimentConfig,
  about: Pick<TestResult, 'epoch' | 'step' | 'protocol'> & { seconds: number },
  rankers: ReadonlyMap<string, MeasuredRankings>,
): Promise<void> {
  const { epoch, step, protocol, seconds } = about;
  const summaries = [...rankers].map(
    ([key, { metrics, tieBounds }]) => [key, { metrics, tieBounds }] as const,
  );
  const { [MODEL_RANKER]: model, ...baselineSummaries } = Object.fromEntries(summaries);
  const summary = {
    schemaVersion: EVALUATION_SCHEMA_VERSION,
    ...{ epoch, step, protocol, model },
    baselines: baselineSummaries,
  };
  await recorder.run.writeEvaluation('test', summary, recorder.settle);

  const { metrics } = model!;
  const baselines: TestResult['baselines'] = {};
  for (const [key, measured] of Object.entries(baselineSummaries)) baselines[key] = measured.metrics;
  const baselineTitles = Object.fromEntries(
    namedBaselines(config.evaluation).map(({ key, title }) => [key, title]),
  );
  recorder.event({ kind: 'test', epoch, step, metrics, baselines, protocol, seconds });
  recorder.update({
    test: { epoch, step, metrics, baselines, baselineTitles, protocol, evaluatedAt: Date.now() },
    timings: { ...recorder.manifest.timings, evaluate: seconds },
  });
  if (!isTrained(config)) return;
  const { mainMetric } = recorder.manifest;
  warnOf(recorder, 'result/below-popularity', belowPopularityMessage(metrics, baselines, mainMetric));
}

/** Numbers of a model that has learned from validation, too, are not to be compared with those of others. */
export function testProtocol(
  protocol: EvaluationProtocol,
  { training }: ExperimentConfig,
): EvaluationProtocol {
  return training.refit === undefined ? protocol : { ...protocol, refit: true };
}

export function baselineOf({ model }: ExperimentConfig): BaselineConfig {
  if (isBaseline(model)) return model;
  throw new Error(`${model.type} is not a baseline.`);
}
