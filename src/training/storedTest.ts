import { namedBaselines } from '../config/namedBaselines';
import { isTrained, type ExperimentConfig } from '../config/schema';
import type { PreparedDataset } from '../dataset/preparedDataset';
import { canBeMeasured, evaluatedFrom } from '../evaluation/evaluatedFrom';
import { measureLabels } from '../evaluation/measureLabels';
import { metricsOfLabels, rankingMetrics } from '../evaluation/metrics/metrics';
import { MODEL_RANKER, type PerUserResults } from '../evaluation/perUserResults';
import { listsOf } from '../evaluation/shownItems';
import { catalogOf } from '../inference/catalogOf';
import { labelsOf } from '../inference/evaluateLabels';
import { partProtocol } from '../inference/partProtocol';
import { openRunMetrics } from '../inference/runModel';
import { comparisonKey } from '../protocol/evaluation';
import { readState } from '../runs/checkpointState';
import { readLabeledResults } from '../runs/labeledFile';
import { readPerUserResults } from '../runs/perUserFile';
import { NO_TRAINING, recordTest, testProtocol } from './measureTest';
import type { RunRecorder } from './runRecorder';

/**
 * Measures the test by the stored results of its users or rows, where they are of the best checkpoint and of the protocol that the config asks
 * for: other metrics need no model then.
 * @returns whether it did
 */
export async function measureStored(
  recorder: RunRecorder,
  config: ExperimentConfig,
  dataset: PreparedDataset,
): Promise<boolean> {
  const isByLabels = labelsOf(config, dataset) !== null;
  return (isByLabels ? measureStoredRows : measureStoredUsers)(recorder, config, dataset);
}

function say(recorder: RunRecorder, of: 'user' | 'row'): void {
  const message = `The metrics are computed from the stored results of each ${of}: model and protocol are those of the last evaluation.`;
  recorder.event({ kind: 'log', level: 'info', message });
}

async function measureStoredRows(
  recorder: RunRecorder,
  config: ExperimentConfig,
  dataset: PreparedDataset,
): Promise<boolean> {
  const started = performance.now();
  // What is damaged is about to be made again.
  const results = await readLabeledResults(recorder.run, 'test').catch(() => null);
  if (results === null || !(await areOfBest(recorder, config, results))) return false;
  const { evaluation } = config;
  const protocol = testProtocol(partProtocol(config, dataset, 'test'), config);
  const keys = keysOf(config);
  const fits =
    comparisonKey(protocol) === comparisonKey(results.protocol) &&
    keys.every((key) => results.rankers.has(key));
  if (!fits) return false;

  const own = await openRunMetrics(recorder.run, config);
  const by = { metrics: metricsOfLabels(evaluation.metrics, own), cutoffs: evaluation.cutoffs };
  const { epoch, step, shown } = results;
  const lists = listsOf(shown);
  const measured = new Map(
    keys.map((key) => [key, measureLabels(shown, lists, results.rankers.get(key)!, by)]),
  );
  say(recorder, 'row');
  const seconds = (performance.now() - started) / 1000;
  await recordTest(recorder, config, { epoch, step, protocol, seconds }, measured);
  return true;
}

async function measureStoredUsers(
  recorder: RunRecorder,
  config: ExperimentConfig,
  dataset: PreparedDataset,
): Promise<boolean> {
  const started = performance.now();
  // What is damaged is about to be made again.
  const results = await readPerUserResults(recorder.run, 'test').catch(() => null);
  if (results === null || !(await areOfBest(recorder, config, results))) return false;
  const { evaluation } = config;
  // The model, and so what it is told, is the same in all evaluations of a run.
  const { targetTime } = results.protocol;
  const protocol = {
    ...testProtocol(partProtocol(config, dataset, 'test'), config),
    ...(targetTime && { targetTime }),
  };
  const keys = keysOf(config);
  const own = await openRunMetrics(recorder.run, config);
  const by = { metrics: rankingMetrics(evaluation.metrics, own), cutoffs: evaluation.cutoffs };
  const fits =
    comparisonKey(protocol) === comparisonKey(results.protocol) &&
    keys.every((key) => results.rankers.has(key)) &&
    canBeMeasured(results, by);
  if (!fits) return false;

  const { epoch, step } = results;
  const rankers = new Map(keys.map((key) => [key, results.rankers.get(key)!]));
  const measured = evaluatedFrom({ ...results, rankers }, by, () => catalogOf(dataset));
  say(recorder, 'user');
  const seconds = (performance.now() - started) / 1000;
  await recordTest(recorder, config, { epoch, step, protocol, seconds }, measured);
  return true;
}

/** Of the model and the baselines. */
function keysOf({ evaluation }: ExperimentConfig): string[] {
  return [MODEL_RANKER, ...namedBaselines(evaluation).map(({ key }) => key)];
}

/** Whether results are of the weights that would be tested now. */
async function areOfBest(
  { run }: RunRecorder,
  config: ExperimentConfig,
  { epoch, step }: Pick<PerUserResults, 'epoch' | 'step'>,
): Promise<boolean> {
  const best = isTrained(config)
    ? (await readState(run.checkpointPath('best')))?.earlyStopping.best
    : NO_TRAINING;
  return best?.epoch === epoch && best.step === step;
}
