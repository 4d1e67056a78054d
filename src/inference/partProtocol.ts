import type { ExperimentConfig } from '../config/schema';
import type { PreparedDataset } from '../dataset/preparedDataset';
import { protocolOf } from '../evaluation/evaluateRanking';
import type { BatchBuilder } from '../model/batches/batchBuilder';
import type { EvaluationProtocol } from '../protocol/evaluation';
import { labelsOf } from './evaluateLabels';
import { rankingTask } from './evaluateModel';
import { shownTask } from './shownTask';

/** How a part is measured by a config. @throws InferenceError where nothing is left to measure */
export function partProtocol(
  config: Pick<ExperimentConfig, 'model' | 'evaluation'>,
  dataset: PreparedDataset,
  part: EvaluationProtocol['part'],
  reads?: Pick<BatchBuilder, 'times'>,
): EvaluationProtocol {
  const { evaluation } = config;
  const labeled = labelsOf(config, dataset);
  return labeled === null
    ? protocolOf(rankingTask(dataset, part, evaluation, reads), evaluation.cutoffs)
    : shownTask(dataset, labeled, part, evaluation).protocol;
}
