import { calibrationCurve } from '../../evaluation/calibration';
import { labelValues, type LabelValues } from '../../evaluation/comparison/labelValues';
import type { LabelMetric, RankMetric } from '../../evaluation/metrics/metric';
import { directionOf, findMetric } from '../../evaluation/metrics/metrics';
import type { LabeledResults } from '../../evaluation/labeledResults';
import { MODEL_RANKER } from '../../evaluation/perUserResults';
import type { CalibrationPoint, Comparison, ComparisonRequest } from '../../protocol/comparison';
import { InspectionError } from '../inspectionError';
import type { Task } from '../tasks';
import { chosenMetrics } from './chosenMetrics';
import {
  baselinesOf,
  differingSettings,
  groupBySeed,
  openLabeledRun,
  testProtocols,
  type LabeledRun,
} from './comparedRuns';
import { compareMetrics, describeGroup, letters, requireSame, RESAMPLES } from './groupComparison';

/** Compares runs that were measured by labels, user by user. @throws InspectionError, RunReadError */
export async function compareLabels(request: ComparisonRequest, task: Task): Promise<Comparison> {
  const opened: LabeledRun[] = [];
  for (const run of new Set(request.runs)) {
    opened.push(await openLabeledRun(run));
    await task.proceed({ phase: 'Reading results', done: opened.length, of: request.runs.length });
  }
  if ((request.slices ?? []).length > 0) {
    throw new InspectionError(
      'inspection/no-slice',
      `There is no slice \`${request.slices![0]!}\` of results by labels. Compare the runs without \`--slice\`.`,
    );
  }
  const seedGroups = groupBySeed(opened);
  const names = letters(seedGroups);
  const protocols = testProtocols(opened);
  for (const [place, run] of opened.entries()) {
    const pair = [names.get(opened[0]!)!, names.get(run)!] as const;
    requireSame(protocols[0]!, protocols[place]!, pair);
    requireSameRows(opened[0]!.results, run.results, pair);
  }
  const baselines = request.baselines ? baselinesOf(opened[0]!) : [];
  const groups = [...seedGroups, ...baselines.map((baseline) => [baseline])];
  const metrics = chosenMetrics(
    [...opened, ...baselines],
    request.metrics,
    (name) => metricOf(name) !== null,
    {
      what: 'labels for each user',
      computed: 'a metric of ranks at any cut-off, such as `ndcg@10`',
    },
  );
  const values = new Map(
    metrics.map((name) => [name, new Map(groups.flat().map((run) => [run, valuesOf(run, name)]))]),
  );
  const isCompared = (name: string): boolean => [...values.get(name)!.values()].every((of) => of !== null);
  const compared = await compareMetrics(
    groups,
    metrics,
    metrics.filter(isCompared).map((name) => ({
      name,
      valuesOf: (run: LabeledRun) => values.get(name)!.get(run)!.values,
    })),
    request.seed,
    task,
  );
  // Who gains is told by the rows of the user alone: what these add to a pooled metric depends on all others.
  compared.differences.forEach((of, other) =>
    metrics.forEach((name, metric) => {
      const own = (group: readonly LabeledRun[]) =>
        group.map((run) => values.get(name)!.get(run)?.own ?? null);
      of[metric] = {
        ...of[metric]!,
        ...outcomes(own(groups[0]!), own(groups[other + 1]!), directionOf(name)),
      };
    }),
  );
  const { shown, userIds } = opened[0]!.results;
  return {
    protocol: protocols[0]!,
    numUsers: userIds.length,
    groups: groups.map(describeGroup),
    metrics,
    ...compared,
    withoutIntervals: Object.fromEntries(
      metrics.filter((name) => !isCompared(name)).map((name) => [name, 'not made of what single users add']),
    ),
    settings: differingSettings(groups.filter(([first]) => first!.ranker === MODEL_RANKER)),
    ...{ slicings: [], sliceable: [], changed: [] },
    places: groups.map(() => new Float32Array()),
    histogram: { limits: [], counts: groups.map(() => []), tied: groups.map(() => 0) },
    calibration: groups.map(([run]) => calibrationOf(run!)),
    resamples: RESAMPLES,
    seed: request.seed,
    notices: shown.impressions === null ? ['Ranks are within all rows of a user.'] : [],
  };
}

/** Of the first run of a group; none where it has no probability of some row. */
function calibrationOf({ results: { shown, rankers }, ranker }: LabeledRun): CalibrationPoint[] {
  const scores = rankers.get(ranker)!;
  if (scores.some(Number.isNaN)) return [];
  return calibrationCurve({ scores, labels: shown.labels }).map(({ rows, predicted, observed }) => ({
    ...{ rows, predicted, observed },
  }));
}

/** @throws InspectionError where two runs were not tested on the same rows */
function requireSameRows(
  first: LabeledResults,
  other: LabeledResults,
  pair: readonly [string, string],
): void {
  const rowOf = ({ shown, userIds, itemIds }: LabeledResults, row: number): string =>
    JSON.stringify([userIds[shown.users[row]!], itemIds[shown.items[row]!], shown.labels[row]]);
  const { length } = first.shown.labels;
  const isSame =
    length === other.shown.labels.length &&
    first.shown.labels.every((_, row) => rowOf(first, row) === rowOf(other, row));
  if (isSame) return;
  throw new InspectionError(
    'inspection/other-data',
    `Runs ${pair.join(' and ')} were tested on different rows, so their numbers are not comparable. ` +
      'Train both on the same data, with the same filters and split.',
  );
}

/** A metric that users may have values of, with its cut-off. */
function metricOf(name: string): { metric: LabelMetric | RankMetric; cutoff: number } | null {
  const [, cutoff] = /^[A-Za-z]+@([1-9]\d{0,4})$/.exec(name) ?? [];
  const metric = findMetric(name);
  if (metric?.needs === 'rank' && cutoff !== undefined) return { metric, cutoff: Number(cutoff) };
  return metric?.needs === 'scores and labels' ? { metric, cutoff: 0 } : null;
}

function valuesOf({ results, ranker }: LabeledRun, name: string): LabelValues | null {
  const found = metricOf(name);
  return found && labelValues(found.metric, results.shown, results.rankers.get(ranker)!, found.cutoff);
}

/** Users to whom one group is better than another, as good, and worse, by the mean over the runs of each. */
function outcomes(
  first: readonly (Float64Array | null)[],
  other: readonly (Float64Array | null)[],
  direction: 1 | -1,
): Record<'wins' | 'ties' | 'losses', number> {
  const counts = { wins: 0, ties: 0, losses: 0 };
  const mean = (runs: readonly (Float64Array | null)[], user: number): number =>
    runs.reduce((sum, own) => sum + own![user]!, 0) / runs.length;
  if ([...first, ...other].includes(null)) return counts;
  for (const user of first[0]!.keys()) {
    const gain = direction * (mean(other, user) - mean(first, user));
    if (gain > 0) counts.wins++;
    else if (gain < 0) counts.losses++;
    else if (gain === 0) counts.ties++;
  }
  return counts;
}
