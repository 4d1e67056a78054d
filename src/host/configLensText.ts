import { epochsText, isActive, type RunSummary } from '../protocol/run';
import { statusLabel } from '../protocol/statusDisplay';
import { formatAgo, formatMetric, formatMetricName } from '../series/format';
import { lastActivity, mainMetricValue } from './runText';

/** What the lens above a config says about its newest run: `NDCG@10 0.1142 · 2 h ago`. */
export function lastRunText(run: RunSummary, now: number): string {
  const { manifest, status } = run;
  const value = mainMetricValue(manifest);
  const metric = value === null ? null : `${formatMetricName(manifest.mainMetric)} ${formatMetric(value)}`;
  const parts: (string | null)[] = isActive(status)
    ? [`${statusLabel(status)} ${epochsText(manifest)}`.trimEnd(), metric]
    : [status === 'finished' ? null : statusLabel(status), metric, formatAgo(lastActivity(run), now)];
  return parts.filter((part) => part !== null).join(' · ');
}
