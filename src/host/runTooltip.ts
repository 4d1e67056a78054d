import { dataSize } from '../protocol/dataSize';
import { countOf } from '../protocol/countOf';
import { describeProtocol, type Metrics } from '../protocol/evaluation';
import { baselinesBeside, isActive, refitText, type RunSummary } from '../protocol/run';
import { isUnset, usualName, type RunSettings } from '../protocol/runSettings';
import { statusIcon, statusLabel } from '../protocol/statusDisplay';
import { formatAgo, formatDuration, formatMetric, formatMetricName } from '../series/format';
import { lastActivity, lostAdvice, progressParts } from './runText';
import { escaped, icon, joinMarkdown, type Markdown } from './safeText';

/**
 * Markdown (with codicons) that says all that is known of a run and a row has no room for, its settings last.
 * @param title of the run
 */
export function runTooltip(run: RunSummary, title: string, settings: RunSettings, now: number): Markdown {
  const { manifest, status } = run;
  const { codicon } = statusIcon(run);
  const lines = [
    escaped`**${title}** — ${icon(codicon)} ${statusLabel(status)}, ${formatAgo(lastActivity(run), now)}`,
  ];
  if (status === 'lost')
    lines.push(escaped`Its trainer stopped without reporting an error. ${lostAdvice(run)}`);
  if (manifest.error) lines.push(escaped`${icon('error')} ${manifest.error.message}`);
  for (const { message } of manifest.warnings ?? []) lines.push(escaped`${icon('warning')} ${message}`);
  lines.push(escaped`${progressLine(run)}`);
  lines.push(...metricLines(run), ...factLines(run), ...settingLines(settings));
  return joinMarkdown(lines, '\n\n');
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
function metricLines(run: RunSummary): Markdown[] {
  const { best, test, protocol, progress, refitOf } = run.manifest;
  // A refit has no validation.
  if (!best || (refitOf && !test)) return [];
  const columns: [title: string, metrics: Metrics][] = refitOf
    ? []
    : [[progress.epochs === 0 ? 'validation' : `validation, epoch ${best.epoch}`, best.metrics]];
  if (test) {
    columns.push(['test', test.metrics]);
    columns.push(...baselinesBeside(run.manifest.model, test));
  }
  const row = (first: string, cells: string[]) =>
    escaped`| ${first} |${joinMarkdown(cells.map((text) => escaped` &nbsp;&nbsp;${text} |`))}`;
  const valueOf = (metrics: Metrics, metric: string) => {
    const value = metrics[metric];
    return value === undefined ? '' : formatMetric(value);
  };
  const lines = [
    row(
      '',
      columns.map(([title]) => title),
    ),
    escaped`|:--|${joinMarkdown(columns.map(() => escaped`--:|`))}`,
    ...Object.keys(refitOf ? test!.metrics : best.metrics).map((metric) =>
      row(
        formatMetricName(metric),
        columns.map(([, metrics]) => valueOf(metrics, metric)),
      ),
    ),
  ];
  const protocols = [protocol, test?.protocol ?? null].filter((each) => each !== null);
  return [
    joinMarkdown(lines, '\n'),
    ...protocols.map((each) => escaped`${icon('law')} ${describeProtocol(each)}`),
  ];
}

function factLines(run: RunSummary): Markdown[] {
  const { backend, dataset, git, configPath, seed, refitOf } = run.manifest;
  const facts = [escaped`${icon('file-code')} ${configPath} · seed ${seed}`];
  if (refitOf) facts.push(escaped`${icon('combine')} ${refitText(refitOf)}`);
  if (dataset) {
    facts.push(escaped`${icon('database')} ${dataSize(dataset)}`);
  }
  if (backend) {
    const threads = countOf(backend.threads, 'thread');
    facts.push(escaped`${icon('chip')} ${backend.name} · ${backend.device} · ${threads}`);
  }
  if (git) {
    const state = git.dirty ? ', with uncommitted changes' : '';
    facts.push(escaped`${icon('git-commit')} ${git.commit.slice(0, 8)}${state}`);
  }
  return [joinMarkdown(facts, '  \n')];
}

/** Those that are unusual as a table, beside what is usual; below it all others. */
function settingLines({ settings, usual }: RunSettings): Markdown[] {
  const special = settings.filter(({ differs }) => differs);
  const others = settings.filter(({ differs }) => !differs);
  const cell = (value: string | null) => (isUnset(value) ? 'not set' : value);
  const table = [
    escaped`| Settings | &nbsp;&nbsp;this run | &nbsp;&nbsp;${usualName(usual)} |`,
    escaped`|:--|:--|:--|`,
    ...special.map(
      ({ path, value, usual: common }) =>
        escaped`| ${path} | &nbsp;&nbsp;**${cell(value)}** | &nbsp;&nbsp;${cell(common)} |`,
    ),
  ];
  const rest = others.map(({ path, value }) => escaped`${path}&nbsp;**${cell(value)}**`);
  return [
    ...(special.length === 0 ? [] : [joinMarkdown(table, '\n')]),
    ...(rest.length === 0 ? [] : [joinMarkdown(rest, ' · ')]),
  ];
}
