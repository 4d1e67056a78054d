import { baselineName, describeProtocol, type Metrics } from '../protocol/evaluation';
import { isActive, type RunSummary } from '../protocol/run';
import { formatCount, formatDuration, formatMetric, formatMetricName } from '../series/format';
import { formatAgo, lastActivity, progressParts } from './runText';
import { statusIcon } from './runTreeModel';

/** Markdown (with codicons) that says all that a run's manifest knows and a row has no room for. */
export function runTooltip(run: RunSummary, now: number): string {
  const { manifest, status } = run;
  const { codicon } = statusIcon(status);
  const lines = [
    `**${escapeMarkdown(manifest.name)}** — $(${codicon}) ${status}, ${formatAgo(lastActivity(run), now)}`,
  ];
  if (status === 'lost')
    lines.push('Its trainer ended without a word. The last checkpoint is kept: resume from it.');
  if (manifest.error) lines.push(`$(error) ${escapeMarkdown(manifest.error.message)}`);
  lines.push(progressLine(run));
  lines.push(...metricLines(run), ...factLines(run));
  return lines.join('\n\n');
}

function progressLine(run: RunSummary): string {
  const { progress, timings } = run.manifest;
  const spent = (timings.prepare + timings.train + timings.evaluate) * 1000;
  const [first, ...others] = progressParts(run.manifest);
  const parts = [first!.charAt(0).toUpperCase() + first!.slice(1), ...others];
  if (progress.loss !== null) parts.push(`loss ${formatMetric(progress.loss)}`);
  if (spent > 0) parts.push(formatDuration(spent));
  if (isActive(run.status) && progress.remainingMs !== null) {
    parts.push(`${formatDuration(progress.remainingMs)} left`);
  }
  return parts.join(' · ');
}

/** One table for validation and test; below it the protocols, because a number without one is not a result. */
function metricLines(run: RunSummary): string[] {
  const { best, test, protocol, progress } = run.manifest;
  if (!best) return [];
  const columns: [title: string, metrics: Metrics][] = [
    [progress.epochs === 0 ? 'validation' : `validation, epoch ${best.epoch}`, best.metrics],
  ];
  if (test) {
    columns.push(['test', test.metrics]);
    for (const [name, metrics] of Object.entries(test.baselines)) columns.push([baselineName(name), metrics]);
  }
  const cell = (text: string) => ` &nbsp;&nbsp;${text} |`;
  const valueOf = (metrics: Metrics, metric: string) => {
    const value = metrics[metric];
    return value === undefined ? '' : formatMetric(value);
  };
  const lines = [
    `| |${columns.map(([title]) => cell(escapeMarkdown(title))).join('')}`,
    `|:--|${'--:|'.repeat(columns.length)}`,
    ...Object.keys(best.metrics).map(
      (metric) =>
        `| ${formatMetricName(metric)} |${columns.map(([, metrics]) => cell(valueOf(metrics, metric))).join('')}`,
    ),
  ];
  const protocols = [protocol, test?.protocol ?? null].filter((each) => each !== null);
  return [lines.join('\n'), ...protocols.map((each) => `$(law) ${describeProtocol(each)}`)];
}

function factLines(run: RunSummary): string[] {
  const { backend, dataset, git, configPath, seed } = run.manifest;
  const facts = [`$(file-code) ${escapeMarkdown(configPath)} · seed ${seed}`];
  if (dataset) {
    const { numUsers, numItems, numInteractions } = dataset;
    facts.push(
      `$(database) ${formatCount(numUsers)} users, ${formatCount(numItems)} items, ${formatCount(numInteractions)} interactions`,
    );
  }
  if (backend) {
    const threads = `${backend.threads} ${backend.threads === 1 ? 'thread' : 'threads'}`;
    facts.push(`$(chip) ${escapeMarkdown(`${backend.name} · ${backend.device}`)} · ${threads}`);
  }
  if (git)
    facts.push(`$(git-commit) ${git.commit.slice(0, 8)}${git.dirty ? ', with uncommitted changes' : ''}`);
  return [facts.join('  \n')];
}

/** Makes text from a run directory plain: no links, no markup, no icons, no line breaks that end a table. */
export function escapeMarkdown(text: string): string {
  return text.replace(/[\\`*_{}[\]()<>#+\-!|~$&]/g, '\\$&').replace(/\s*\n\s*/g, ' ');
}
