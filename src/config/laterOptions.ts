import { DEFAULT_METRICS } from '../evaluation/metrics/metrics';
import { findModel } from '../model/models';

/**
 * The config of a run with the options that came later. It was complete when it was written: where it lacks an option of its model,
 * the model was trained without what the option's default adds; where it lacks the metrics, they were those of the default.
 */
export function withLaterOptions(stored: unknown): unknown {
  const config = stored as { model?: { type?: unknown }; evaluation?: unknown } | null;
  const type = config?.model?.type;
  const described = typeof type === 'string' ? findModel(type) : undefined;
  if (described === undefined) return stored;
  const laterOfModel = described.kind === 'trained' ? described.laterOptions : undefined;
  return {
    ...config,
    ...(laterOfModel !== undefined && { model: { ...laterOfModel, ...config!.model } }),
    ...(isObject(config!.evaluation) && { evaluation: { metrics, ...config!.evaluation } }),
  };
}

const metrics = DEFAULT_METRICS.map(({ name }) => name);

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
