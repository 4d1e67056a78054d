import { DEFAULT_LABEL_METRIC, DEFAULT_LABEL_METRICS, LABEL_METRICS } from '../evaluation/metrics/metrics';
import { DEFAULT_LABEL_BASELINES, findModel } from '../model/models';
import { hasLabels } from '../options/hasLabels';
import { isRecord } from '../protocol/isRecord';

/**
 * Fills in what a config whose data have labels does not name. The split is in order of time: the last row of each user, which is
 * mostly one that they did not click, would tell little. Metrics and baselines are those of labels, if the model learns from them.
 */
export function applyLabelDefaults(config: unknown): unknown {
  if (!isRecord(config) || !isRecord(config.dataset) || !hasLabels(config.dataset)) return config;
  const withSplit = { ...config, dataset: splitInTime(config.dataset) };
  const type = isRecord(config.model) ? config.model.type : undefined;
  const learns = typeof type === 'string' && findModel(type)?.learnsFromLabels !== undefined;
  return learns ? measuredByLabels(withSplit) : withSplit;
}

function splitInTime(dataset: Record<string, unknown>): Record<string, unknown> {
  if (dataset.split !== undefined) return dataset;
  const hasTimes = !isRecord(dataset.columns) || dataset.columns.timestamp !== null;
  return { ...dataset, split: { type: hasTimes ? 'temporal' : 'ratio' } };
}

function measuredByLabels(config: Record<string, unknown>): unknown {
  const { evaluation = {}, training = {} } = config;
  // What is no object is told of by the validation.
  if (!isRecord(evaluation) || !isRecord(training)) return config;
  const { earlyStopping = {} } = training;
  const metrics: unknown = evaluation.metrics ?? DEFAULT_LABEL_METRICS.map(({ name }) => name);
  const named = [DEFAULT_LABEL_METRIC, ...LABEL_METRICS].find(
    ({ name }) => Array.isArray(metrics) && metrics.includes(name),
  );
  return {
    ...config,
    evaluation: { baselines: DEFAULT_LABEL_BASELINES, ...evaluation, metrics },
    training: {
      ...training,
      ...(isRecord(earlyStopping) &&
        named !== undefined && { earlyStopping: { metric: named.name, ...earlyStopping } }),
    },
  };
}
