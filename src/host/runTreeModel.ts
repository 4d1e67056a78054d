import { countOf } from '../protocol/countOf';
import { comparisonKey, protocolBadge } from '../protocol/evaluation';
import { epochsText, isActive, warningName, type RunSummary } from '../protocol/run';
import { statusIcon, statusLabel, type StatusIcon } from '../protocol/statusDisplay';
import { formatMetric, formatMetricName } from '../series/format';
import { gainOver } from '../evaluation/metrics/metrics';
import { mainMetricValue, resultFacts } from './runText';

/** Runs of one name in one workspace folder, newest first. */
export interface RunGroup {
  id: string;
  name: string;
  /** The workspace folder's name where there is more than one, else null. */
  folder: string | null;
  runs: RunSummary[];
}

/** A row in the list, without anything of VS Code's. */
export interface RunRow {
  label: string;
  description: string;
  /** What a screen reader says. */
  spoken: string;
  icon: StatusIcon;
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
 * users. So a run by sampled negatives never beats one by the whole catalog. A run without a competitor is not best of
 * anything.
 */
export function bestRuns(runs: readonly RunSummary[]): Set<string> {
  const competitions = new Map<string, RunSummary[]>();
  for (const run of runs) {
    const key = competitionOf(run);
    if (key === null || mainMetricValue(run.manifest) === null) continue;
    const competitors = competitions.get(key);
    if (competitors) competitors.push(run);
    else competitions.set(key, [run]);
  }
  const best = [...competitions.values()]
    .filter((competitors) => competitors.length > 1)
    .map((competitors) => competitors.reduce((a, b) => (isBetter(b, a) ? b : a)));
  return new Set(best.map((run) => run.directory));
}

/** Whether the main metrics of some of the runs cannot be compared with those of others, so that each must say how it was measured. */
export function measuredApart(runs: readonly RunSummary[]): boolean {
  const measured = runs.filter(({ manifest }) => mainMetricValue(manifest) !== null);
  return new Set(measured.map(competitionOf)).size > 1;
}

/** Of two runs of one competition, which have a value each. */
function isBetter({ manifest }: RunSummary, { manifest: other }: RunSummary): boolean {
  return gainOver(manifest.mainMetric, mainMetricValue(manifest) ?? NaN, mainMetricValue(other) ?? NaN) > 0;
}

/**
 * A run's row: what came of it, in the label that a narrow side bar still shows, then what tells it from the others.
 *
 * @param telling what tells the run from the others of its group: its settings, which may be empty, and when it began
 * @param standing whether it is the best of those it can be compared with, and whether others of its group are not among them
 */
export function runRow(
  run: RunSummary,
  { settings, start }: { settings: string; start: string },
  { best, apart }: { best: boolean; apart: boolean },
): RunRow {
  const [label, ...facts] = resultFacts(run);
  const spokenBest = best ? 'best of the runs it can be compared with, ' : '';
  const { protocol, warnings = [] } = run.manifest;
  if (apart && protocol !== null && mainMetricValue(run.manifest) !== null)
    facts.push(protocolBadge(protocol));
  const doubts = warnings.map(warningName);
  const parts = [...facts, ...doubts, settings, start];
  return {
    label: best ? `★ ${label!}` : label!,
    description: parts.filter((part) => part !== '').join(' · '),
    spoken: `${run.manifest.name}, ${statusLabel(run.status)}, ${spokenBest}${spokenProgress(run)}${[...doubts, settings, start].filter((part) => part !== '').join(', ')}`,
    icon: statusIcon(run),
  };
}

/** The row of a group, which may be closed: it shows that one of its runs is active, else how the newest one ended. */
export function groupRow({ name, folder, runs }: RunGroup): RunRow {
  const active = runs.filter(({ status }) => isActive(status));
  const count = countOf(runs.length, 'run');
  const parts = [activeText(active), count, folder ?? ''].filter((part) => part !== '');
  return {
    label: name,
    description: parts.join(' · '),
    spoken: [name, ...parts].join(', '),
    icon: statusIcon(active[0] ?? runs[0]!),
  };
}

/** `1 running, 7/20 epochs`, `2 running`; empty where none is active. */
function activeText(active: readonly RunSummary[]): string {
  const [run] = active;
  if (run === undefined) return '';
  if (active.length > 1) return `${active.length} running`;
  const progress = run.status === 'preparing' ? '' : epochsText(run.manifest);
  return `1 ${statusLabel(run.status)}${progress === '' ? '' : `, ${progress}`}`;
}

function spokenProgress(run: RunSummary): string {
  const value = mainMetricValue(run.manifest);
  const metric =
    value === null ? '' : `${formatMetricName(run.manifest.mainMetric)} ${formatMetric(value)}, `;
  const progress = epochsText(run.manifest).replace('/', ' of ');
  return `${progress === '' ? '' : `${progress}, `}${metric}`;
}
