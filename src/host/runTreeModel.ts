import type { RunStatus, RunSummary } from '../protocol/run';
import { formatMetric } from '../series/format';
import { formatAge, lastActivity, mainMetricValue, progressText, resultFacts } from './runText';

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

export function statusIcon(status: RunStatus): StatusIcon {
  return STATUS_ICONS[status];
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

/**
 * Directories of the runs that have the best main metric among those they can be compared with: same metric, same
 * data, same protocol. A run without a competitor is not best of anything.
 */
export function bestRuns(runs: readonly RunSummary[]): Set<string> {
  const competitions = new Map<string, RunSummary[]>();
  for (const run of runs) {
    const { manifest } = run;
    if (mainMetricValue(manifest) === null) continue;
    const { dataset, protocol, mainMetric } = manifest;
    const key = JSON.stringify([mainMetric, dataset?.fingerprint, protocol?.split, protocol?.filterSeen]);
    competitions.set(key, [...(competitions.get(key) ?? []), run]);
  }
  const best = [...competitions.values()]
    .filter((competitors) => competitors.length > 1)
    .map((competitors) => competitors.reduce((a, b) => (valueOf(b) > valueOf(a) ? b : a)));
  return new Set(best.map((run) => run.directory));
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

/** @param settings what distinguishes the run from the others of its group; may be empty */
export function runRow(run: RunSummary, settings: string, best: boolean, now: number): RunRow {
  // Without settings the first fact, mostly the epochs, is the label: a row never starts with an empty name.
  const [label, ...facts] = [...(settings === '' ? [] : [settings]), ...resultFacts(run)];
  const spokenBest = best ? 'best of its group, ' : '';
  return {
    label: best ? `★ ${label!}` : label!,
    description: [...facts, formatAge(lastActivity(run), now)].join(' · '),
    spoken: `${run.manifest.name}, ${run.status}, ${spokenBest}${spokenProgress(run)}${settings}`,
    icon: statusIcon(run.status),
  };
}

function spokenProgress(run: RunSummary): string {
  const value = mainMetricValue(run.manifest);
  const metric = value === null ? '' : `${run.manifest.mainMetric} ${formatMetric(value)}, `;
  const progress = progressText(run.manifest).replace('/', ' of ');
  return `${progress === '' ? '' : `epoch ${progress}, `}${metric}`;
}
