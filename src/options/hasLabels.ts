import { isRecord } from '../protocol/isRecord';

/** Whether the `dataset` of a config, which may not be valid, has labels. */
export function hasLabels(dataset: Record<string, unknown>): boolean {
  const columns = isRecord(dataset.columns) ? dataset.columns : {};
  return [columns.label, columns.impressions, dataset.positiveRating].some((field) => field !== undefined);
}
