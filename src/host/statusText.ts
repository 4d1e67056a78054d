import { epochsText, isActive, warningName, type RunSummary } from '../protocol/run';
import { statusLabel } from '../protocol/statusDisplay';
import { formatDuration, formatMetric, formatMetricName } from '../series/format';
import { plainText } from './safeText';
import { mainMetricValue, progressParts, shortError } from './runText';

export interface StatusTexts {
  text: string;
  /** What a screen reader says. */
  spoken: string;
  failed: boolean;
}

/** Active runs, newest first. */
export function activeRuns(runs: readonly RunSummary[]): RunSummary[] {
  return runs
    .filter((run) => isActive(run.status))
    .sort((a, b) => b.manifest.createdAt - a.manifest.createdAt);
}

/** The status bar's text for a run: `$(sync~spin) sasrec 4/20 epochs · NDCG@10 0.1123`; `others` more are active. */
export function statusTexts(run: RunSummary, others: number): StatusTexts {
  const { manifest, status } = run;
  const name = plainText(manifest.name);
  if (!isActive(status)) {
    return {
      text: `$(error) ${name} ${statusLabel(status)}`,
      spoken: `Run ${name} ${statusLabel(status)}`,
      failed: true,
    };
  }
  const value = mainMetricValue(manifest);
  const counts = status === 'running' && manifest.progress.epochs > 0;
  const state = counts ? epochsText(manifest) : status;
  const metric =
    value === null ? '' : ` · ${plainText(formatMetricName(manifest.mainMetric))} ${formatMetric(value)}`;
  const more = others > 0 ? ` +${others}` : '';
  const spokenState = counts ? `training, ${state.replace('/', ' of ')}` : status;
  return {
    text: `$(sync~spin) ${name} ${state}${metric}${more}`,
    spoken: `Run ${name}, ${spokenState}${metric.replace(' · ', ', ')}`,
    failed: false,
  };
}

/** One line under the title of the status bar's hover. */
export function statusDetail(run: RunSummary): string {
  const { progress, error, warnings = [] } = run.manifest;
  if (error && !isActive(run.status)) return shortError(error.message, 200);
  const parts = [...progressParts(run.manifest), ...warnings.map(warningName)];
  if (progress.loss !== null) parts.push(`loss ${formatMetric(progress.loss)}`);
  if (progress.remainingMs !== null) parts.push(`${formatDuration(progress.remainingMs)} left`);
  return parts.join(' · ');
}
