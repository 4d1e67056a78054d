import type { PreparedDataset } from '../../dataset/preparedDataset';
import type { UserValues } from '../../evaluation/comparison/userKinds';
import type { ListMetric, RankMetric } from '../../evaluation/metrics/metric';
import { findMetric, type OwnMetrics } from '../../evaluation/metrics/metrics';
import { readOwnMetricName } from '../../evaluation/ownMetric';
import { rankMetricValues, tieGroups, type RankedTargets } from '../../evaluation/rankMetrics';
import type { Catalog, TopLists } from '../../evaluation/topLists';
import { catalogOf } from '../../inference/catalogOf';
import { readConfig } from '../../inference/openRun';
import { openRunMetrics } from '../../inference/runModel';
import { errorText } from '../../protocol/errorText';
import { CodeError } from '../../userCode/codeError';
import type { AlignedRun } from './alignedRun';

/** A metric that each user has a value of, so that there are intervals and tests. */
export interface UserMetric {
  name: string;
  /** Of ranks: it can be measured on some of the targets alone. */
  isOfRanks: boolean;
  /** Of each user. @param ranked the targets that count, where not all do; of metrics of ranks alone */
  valuesOf: (run: AlignedRun, ranked?: RankedTargets) => UserValues;
}

type Measured = RankMetric | ListMetric;

/**
 * The metrics that can be computed for each user from what runs store, and why the others cannot.
 * @param data of the first run, or why they are not at hand
 */
export async function userMetrics(
  runs: readonly AlignedRun[],
  names: readonly string[],
  data: PreparedDataset | string,
): Promise<{ metrics: UserMetric[]; reasons: Record<string, string> }> {
  const own = names.some((name) => readOwnMetricName(familyOf(name)) !== undefined)
    ? await ownMetrics(runs)
    : new Map<string, OwnMetrics>();
  let catalog: Catalog | null = null;
  const metrics: UserMetric[] = [];
  const reasons: Record<string, string> = {};
  for (const name of names) {
    const found = userMetric(name);
    if (typeof found === 'string') reasons[name] = found;
    else metrics.push(found);
  }
  return { metrics, reasons };

  function userMetric(name: string): UserMetric | string {
    const cutoff = cutoffOf(name);
    const measured = new Map(runs.map((run) => [run, measureOf(run, name)] as const));
    const values = new Map<AlignedRun, UserValues>();
    for (const [run, metric] of measured) {
      if (typeof metric === 'string') return metric;
      const found =
        metric.needs === 'rank' ? ofRanks(metric, run.aligned, cutoff) : ofLists(metric, run, cutoff);
      if (typeof found === 'string') return found;
      values.set(run, found);
    }
    return {
      name,
      isOfRanks: [...measured.values()].every((metric) => (metric as Measured).needs === 'rank'),
      valuesOf: (run, ranked) =>
        ranked === undefined ? values.get(run)! : ofRanks(measured.get(run) as RankMetric, ranked, cutoff),
    };
  }

  function measureOf(run: AlignedRun, name: string): Measured | string {
    const metric = findMetric(name);
    if (metric?.needs === 'scores and labels') return 'not a mean over users';
    if (metric !== undefined) return metric;
    if (typeof own === 'string') return own;
    const found = [...(own.get(run.directory.path)?.values() ?? [])].find(
      (one) => one.name === familyOf(name),
    );
    return found ?? 'this version of RecSight does not know the metric';
  }

  function ofLists(metric: ListMetric, { aligned }: AlignedRun, cutoff: number): UserValues | string {
    if (typeof data === 'string') return 'the data of the run, which it needs, are not at hand';
    const { lists, targetOffsets } = aligned;
    const { details } = runs[0]!.results;
    const places = Math.min(cutoff, data.numItems);
    if (lists === null || lists.length < places)
      return `the stored lists have fewer than ${places} places; evaluating the run stores longer ones`;
    const relevant = (row: number): ArrayLike<number> =>
      details!.targets.subarray(targetOffsets[row], targetOffsets[row + 1]);
    const topLists: TopLists = { ...lists, relevant };
    catalog ??= catalogOf(data);
    const values = metric.of(topLists, cutoff, catalog);
    return typeof values === 'number' ? 'one value for all lists together, not a mean over users' : values;
  }
}

const familyOf = (name: string): string => name.split('@')[0]!;

/** 0 of a name without one. */
function cutoffOf(name: string): number {
  return Number(/@([1-9]\d{0,4})$/.exec(name)?.[1] ?? 0);
}

function ofRanks(metric: RankMetric, ranked: RankedTargets, cutoff: number): UserValues {
  return rankMetricValues(metric, tieGroups(ranked), cutoff);
}

/** Metrics of the user, by the directory of the run; why they cannot be computed where their code may not be run, or fails. */
async function ownMetrics(runs: readonly AlignedRun[]): Promise<ReadonlyMap<string, OwnMetrics> | string> {
  const opened = new Map<string, OwnMetrics>();
  try {
    for (const { directory } of runs)
      if (!opened.has(directory.path))
        opened.set(directory.path, await openRunMetrics(directory, await readConfig(directory)));
    return opened;
  } catch (error) {
    return error instanceof CodeError && error.code === 'code/not-allowed'
      ? 'you have not agreed to run its code on this machine; evaluate the run to be asked'
      : errorText(error);
  }
}
