import { comparisonKey, protocolBadge } from '../protocol/evaluation';
import { endedInDoubt, warningName, type RunStatus, type RunSummary } from '../protocol/run';
import { formatAge, formatMetric, formatMetricName } from '../series/format';
import { lastActivity, mainMetricValue, progressText, resultFacts } from './runText';

/** More settings than this in a row would push its numbers out of sight. */
const MAX_SETTINGS = 2;

/** Runs of one name in one workspace folder, newest first. */
export interface RunGroup {
  id: string;
  name: string;
  /** The workspace folder's name where there is more than one, else null. */
  folder: string | null;
  runs: RunSummary[];
}

/** A run's row in the list, without anything of VS Code's. */
export interface RunRow {
  label: string;
  description: string;
  /** What a screen reader says. */
  spoken: string;
  icon: StatusIcon;
}

export interface StatusIcon {
  /** Name of a codicon. */
  codicon: string;
  /** Id of a theme colour; null is the colour of text. */
  color: string | null;
}

const STATUS_ICONS: Record<RunStatus, StatusIcon> = {
  preparing: { codicon: 'loading~spin', color: 'charts.blue' },
  running: { codicon: 'loading~spin', color: 'charts.blue' },
  evaluating: { codicon: 'loading~spin', color: 'charts.blue' },
  stopping: { codicon: 'loading~spin', color: 'descriptionForeground' },
  finished: { codicon: 'pass', color: 'testing.iconPassed' },
  stopped: { codicon: 'circle-slash', color: 'descriptionForeground' },
  failed: { codicon: 'error', color: 'list.errorForeground' },
  lost: { codicon: 'warning', color: 'list.warningForeground' },
};

/** The icon of a run's status; a run whose numbers are to be doubted has none that says all is well. */
export function statusIcon(run: RunSummary): StatusIcon {
  return endedInDoubt(run) ? STATUS_ICONS.lost : STATUS_ICONS[run.status];
}

/**
 * Groups runs by workspace folder and name. Groups are ordered by their newest run, and so are the runs in them.
 *
 * @param folderOf name of the workspace folder that holds a run
 */
export function groupRuns(
  runs: readonly RunSummary[],
  folderOf: (run: RunSummary) => string,
  severalFolders: boolean,
): RunGroup[] {
  const groups = new Map<string, RunGroup>();
  for (const run of [...runs].sort((a, b) => b.manifest.createdAt - a.manifest.createdAt)) {
    const folder = folderOf(run);
    const id = `${folder}\n${run.manifest.name}`;
    const group = groups.get(id);
    if (group) group.runs.push(run);
    else groups.set(id, { id, name: run.manifest.name, folder: severalFolders ? folder : null, runs: [run] });
  }
  return [...groups.values()];
}

/** What runs must share for their main metrics to be compared; null where that is not known. */
function competitionOf({ manifest: { dataset, protocol, mainMetric } }: RunSummary): string | null {
  if (dataset === null || protocol === null) return null;
  return JSON.stringify([mainMetric, dataset.fingerprint, comparisonKey(protocol)]);
}

/**
 * Directories of the runs that have the best main metric among those they can be compared with: same metric, same data, and
 * measured in the same way, which is the same split, candidates (with the negatives and their seed), seen items, ties and
 * users. So a run by sampled negatives never beats one by the whole catalogue. A run without a competitor is not best of
 * anything.
 */
export function bestRuns(runs: readonly RunSummary[]): Set<string> {
  const competitions = new Map<string, RunSummary[]>();
  for (const run of runs) {
    const key = competitionOf(run);
    if (key === null || mainMetricValue(run.manifest) === null) continue;
    competitions.set(key, [...(competitions.get(key) ?? []), run]);
  }
  const best = [...competitions.values()]
    .filter((competitors) => competitors.length > 1)
    .map((competitors) => competitors.reduce((a, b) => (valueOf(b) > valueOf(a) ? b : a)));
  return new Set(best.map((run) => run.directory));
}

/** Whether the main metrics of some of the runs cannot be compared with those of others, so that each must say how it was measured. */
export function measuredApart(runs: readonly RunSummary[]): boolean {
  const measured = runs.filter(({ manifest }) => mainMetricValue(manifest) !== null);
  return new Set(measured.map(competitionOf)).size > 1;
}

function valueOf(run: RunSummary): number {
  return mainMetricValue(run.manifest) ?? -Infinity;
}

/**
 * For each config, the settings in which it differs from what is usual among all of them, such as
 * `hiddenSize 32, dropout 0.5`; empty for a config that is all usual. Names are cut to their last part.
 *
 * @param configs newest first: of values that are equally common, the older is the usual one
 */
export function distinguishingSettings(configs: readonly unknown[]): string[] {
  const flat = configs.map((config) => flatten(config));
  const paths = [...new Set(flat.flatMap((settings) => [...settings.keys()]))];
  const usual = new Map(paths.map((path) => [path, mostCommon(flat.map((settings) => settings.get(path)))]));
  return flat.map((settings) => {
    const special = [...settings].filter(([path, value]) => value !== usual.get(path));
    const named = special
      .slice(0, MAX_SETTINGS)
      .map(([path, value]) => `${path.slice(path.lastIndexOf('.') + 1)} ${value}`);
    if (special.length > MAX_SETTINGS) named.push(`+${special.length - MAX_SETTINGS}`);
    return named.join(', ');
  });
}

/** The most common value; of several, the one that comes last. */
function mostCommon<Value>(values: readonly Value[]): Value {
  const counts = new Map<Value, number>();
  for (const value of [...values].reverse()) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].reduce((best, other) => (other[1] > best[1] ? other : best))[0];
}

/** Leaves of a config: path → value as text. What only names or describes is left out. */
function flatten(value: unknown, path = '', leaves = new Map<string, string>()): Map<string, string> {
  if (path === 'name' || path === '$schema') return leaves;
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    for (const [key, inner] of Object.entries(value)) flatten(inner, path ? `${path}.${key}` : key, leaves);
  } else if (path !== '' && value !== undefined) {
    leaves.set(path, typeof value === 'string' ? value : JSON.stringify(value));
  }
  return leaves;
}

/**
 * @param settings what distinguishes the run from the others of its group; may be empty
 * @param standing whether it is the best of those it can be compared with, and whether others of its group are not among them
 */
export function runRow(
  run: RunSummary,
  settings: string,
  { best, apart }: { best: boolean; apart: boolean },
  now: number,
): RunRow {
  // Without settings the first fact, mostly the epochs, is the label: a row never starts with an empty name.
  const [label, ...facts] = [...(settings === '' ? [] : [settings]), ...resultFacts(run)];
  const spokenBest = best ? 'best of the runs it can be compared with, ' : '';
  const { protocol, warnings = [] } = run.manifest;
  if (apart && protocol !== null && mainMetricValue(run.manifest) !== null)
    facts.push(protocolBadge(protocol));
  const doubts = warnings.map(warningName);
  return {
    label: best ? `★ ${label!}` : label!,
    description: [...facts, ...doubts, formatAge(lastActivity(run), now)].join(' · '),
    spoken: `${run.manifest.name}, ${run.status}, ${spokenBest}${spokenProgress(run)}${[...doubts, settings].filter((part) => part !== '').join(', ')}`,
    icon: statusIcon(run),
  };
}

function spokenProgress(run: RunSummary): string {
  const value = mainMetricValue(run.manifest);
  const metric =
    value === null ? '' : `${formatMetricName(run.manifest.mainMetric)} ${formatMetric(value)}, `;
  const progress = progressText(run.manifest).replace('/', ' of ');
  return `${progress === '' ? '' : `epoch ${progress}, `}${metric}`;
}
