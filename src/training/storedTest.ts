import { namedBaselines } from '../config/namedBaselines';
import { isTrained, type ExperimentConfig } from '../config/schema';
import type { PreparedDataset } from '../dataset/preparedDataset';
import { canBeMeasured, evaluatedFrom } from '../evaluation/evaluatedFrom';
import { protocolOf } from '../evaluation/evaluateRanking';
import { rankingMetrics } from '../evaluation/metrics/metrics';
import { MODEL_RANKER, type PerUserResults } from '../evaluation/perUserResults';
import { catalogOf } from '../inference/catalogOf';
import { rankingTask } from '../inference/evaluateModel';
import { openRunMetrics } from '../inference/runModel';
import { comparisonKey } from '../protocol/evaluation';
import { readState } from '../runs/checkpointState';
import { readPerUserResults } from '../runs/perUserFile';
import { NO_TRAINING, recordTest, testProtocol } from './measureTest';
import type { RunRecorder } from './runRecorder';

/**
 * Measures the test by the stored results of its users, where they are of the best checkpoint and of the protocol that the config asks
 * for: other metrics need no model then.
 * @returns whether it did
 */
export async function measureStored(
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
    ...testProtocol(protocolOf(rankingTask(dataset, 'test', evaluation), evaluation.cutoffs), config),
    ...(targetTime && { targetTime }),
  };
  const keys = [MODEL_RANKER, ...namedBaselines(evaluation).map(({ key }) => key)];
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
  const message =
    'The metrics are computed from the stored results of each user: model and protocol are those of the last evaluation.';
  recorder.event({ kind: 'log', level: 'info', message });
  const seconds = (performance.now() - started) / 1000;
  await recordTest(recorder, config, { epoch, step, protocol, seconds }, measured);
  return true;
}

/** Whether results are of the weights that would be tested now. */
async function areOfBest(
  { run }: RunRecorder,
  config: ExperimentConfig,
  { epoch, step }: PerUserResults,
): Promise<boolean> {
  const best = isTrained(config)
    ? (await readState(run.checkpointPath('best')))?.earlyStopping.best
    : NO_TRAINING;
  return best?.epoch === epoch && best.step === step;
}
