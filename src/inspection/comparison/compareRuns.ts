import type { PreparedDataset } from '../../dataset/preparedDataset';
import { alignUsers } from '../../evaluation/comparison/alignUsers';
import { compareGroups, correctTogether } from '../../evaluation/comparison/compareGroups';
import { restrictedTo } from '../../evaluation/comparison/restrictedTo';
import { findMetric } from '../../evaluation/metrics/metrics';
import { MODEL_RANKER } from '../../evaluation/perUserResults';
import type { Comparison, ComparisonRequest, Slicing } from '../../protocol/comparison';
import { InspectionError } from '../inspectionError';
import type { Task } from '../tasks';
import { meanPlaces, placeHistogram, type AlignedRun } from './alignedRun';
import { changedUsers } from './changedUsers';
import { chosenMetrics } from './chosenMetrics';
import {
  areMeasuredByLabels,
  baselinesOf,
  differingSettings,
  groupBySeed,
  openData,
  openTestedRun,
  testProtocols,
  withDetails,
  type TestedRun,
} from './comparedRuns';
import { compareLabels } from './compareLabels';
import { compareMetrics, describeGroup, draws, letters, requireSame, RESAMPLES } from './groupComparison';
import { slicingKinds, type SlicingKind } from './slicings';
import { userMetrics, type UserMetric } from './userMetrics';

/** Compares the test results of runs. @throws InspectionError, RunReadError */
export async function compareRuns(request: ComparisonRequest, task: Task): Promise<Comparison> {
  if (await areMeasuredByLabels(request.runs)) return compareLabels(request, task);
  const opened: TestedRun[] = [];
  for (const run of new Set(request.runs)) {
    opened.push(await openTestedRun(run));
    await task.proceed({ phase: 'Reading results', done: opened.length, of: request.runs.length });
  }
  const data = await openData(opened[0]!);
  const dataset = typeof data === 'string' ? null : data;
  const baselines = request.baselines ? baselinesOf(opened[0]!) : [];
  const runs = await aligned([...opened, ...baselines], data, letters(groupBySeed(opened)));
  const { details, userIds, targetOffsets } = runs[0]!.results;
  const protocol = testProtocols(runs)[0]!;
  const groups = [
    ...groupBySeed(runs.slice(0, opened.length)),
    ...runs.slice(opened.length).map((baseline) => [baseline]),
  ];
  const names = chosenMetrics(runs, request.metrics, isOfRanks, {
    what: 'ranks',
    computed: 'a metric of ranks at any cut-off, such as `recall@50`',
  });
  const { metrics, reasons } = await userMetrics(runs, names, data);
  const kinds = slicingKinds(details, dataset);
  const chosen = request.slices?.map((name) => slicingOf(kinds, name, data)) ?? kinds.slice(0, 2);

  const compared = metrics.map(({ name, valuesOf }) => ({
    name,
    valuesOf: (run: AlignedRun) => valuesOf(run),
  }));
  const { values, differences } = await compareMetrics(groups, names, compared, request.seed, task);
  const main = metrics.find(({ isOfRanks }) => isOfRanks);
  const slicings: Slicing[] = [];
  for (const kind of main === undefined ? [] : chosen)
    slicings.push(await sliceGroups(kind, groups, main!, request.seed, task));
  const notices = typeof data === 'string' ? [`The data of the runs are not at hand: ${data}`] : [];
  if (names.length > 0 && main === undefined && chosen.length > 0)
    notices.push('Slices need a metric of ranks, and none is compared.');
  return {
    protocol,
    numUsers: userIds.length,
    groups: groups.map(describeGroup),
    metrics: names,
    values,
    differences,
    withoutIntervals: reasons,
    settings: differingSettings(groups.filter(([first]) => first!.ranker === MODEL_RANKER)),
    slicings,
    sliceable: kinds.map(({ name, title }) => ({ name, title })),
    changed:
      main === undefined
        ? []
        : groups.slice(1).map((group) => changedUsers([groups[0]!, group], main, request.users, dataset)),
    places: groups.map((group) => meanPlaces(group, targetOffsets.at(-1)!)),
    histogram: placeHistogram(groups, protocol.numCandidates),
    calibration: null,
    resamples: RESAMPLES,
    seed: request.seed,
    notices,
  };
}

/** @throws InspectionError where protocols or data are not the same */
async function aligned(
  runs: readonly TestedRun[],
  data: PreparedDataset | string,
  names: ReadonlyMap<TestedRun, string>,
): Promise<AlignedRun[]> {
  const [first] = runs;
  const firstResults = await withDetails(first!, data);
  const protocols = testProtocols(runs);
  const found: AlignedRun[] = [];
  for (const [place, run] of runs.entries()) {
    // Baselines are of the first run, and so is what they were measured by.
    const pair = [names.get(first!)!, names.get(run) ?? ''] as const;
    requireSame(protocols[0]!, protocols[place]!, pair);
    const results = run.results === first!.results ? firstResults : run.results;
    const ranked = alignUsers(firstResults, results, run.ranker);
    if ('difference' in ranked) {
      throw new InspectionError(
        'inspection/other-data',
        `Runs ${pair.join(' and ')} were tested on different data, so their numbers are not comparable: ${ranked.difference}. ` +
          'Train both on the same data, with the same filters and split.',
      );
    }
    found.push({ ...run, results, aligned: ranked });
  }
  return found;
}

/** Whether it can be computed from ranks. */
const isOfRanks = (name: string): boolean =>
  findMetric(name)?.needs === 'rank' && /@[1-9]\d{0,4}$/.test(name);

/** @throws InspectionError where there is no such slicing */
function slicingOf(kinds: readonly SlicingKind[], name: string, data: PreparedDataset | string): SlicingKind {
  const found = kinds.find((kind) => kind.name === name);
  if (found !== undefined) return found;
  const known = kinds.map((kind) => `\`${kind.name}\``).join(', ');
  throw new InspectionError(
    'inspection/no-slice',
    `There is no slice \`${name}\`; expected ${known === '' ? 'none' : `one of ${known}`}.` +
      (typeof data === 'string' ? ` The data of the runs are not at hand: ${data}` : ''),
  );
}

async function sliceGroups(
  { name, title, slice }: SlicingKind,
  groups: readonly AlignedRun[][],
  { name: metric, valuesOf }: UserMetric,
  seed: number,
  task: Task,
): Promise<Slicing> {
  const { labels, of } = slice();
  const parts: Slicing['slices'] = [];
  for (const [place, label] of labels.entries()) {
    const isKept = (user: number, target: number): boolean => of(user, target).includes(place);
    const restricted = groups.map((runs) =>
      runs.map((run) => ({ run, ranked: restrictedTo(run.aligned, isKept) })),
    );
    const { targetOffsets } = restricted[0]![0]!.ranked;
    const numTargets = targetOffsets.at(-1)!;
    if (numTargets === 0) continue;
    const compared = await compareGroups(
      restricted.map((runs) => runs.map(({ run, ranked }) => [valuesOf(run, ranked)])),
      [metric],
      draws(`Slicing by ${title.toLowerCase()}`, seed, place + 1, task),
    );
    parts.push({
      label,
      numUsers: targetOffsets.length - 1,
      numTargets,
      values: compared.values.map(([value]) => value!),
      differences: compared.differences.map(([difference]) => difference!),
    });
  }
  correctTogether(parts.flatMap(({ differences }) => differences));
  return { name, title, metric, slices: parts };
}
