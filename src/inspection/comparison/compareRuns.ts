import { RandomStream } from '../../compute/random';
import { STREAMS } from '../../compute/randomStreams';
import type { PreparedDataset } from '../../dataset/preparedDataset';
import { alignUsers } from '../../evaluation/comparison/alignUsers';
import {
  compareGroups,
  correctTogether,
  type ComparisonOptions,
} from '../../evaluation/comparison/compareGroups';
import { meanOf } from '../../evaluation/comparison/intervals';
import { restrictedTo } from '../../evaluation/comparison/restrictedTo';
import { findMetric } from '../../evaluation/metrics/metrics';
import { MODEL_RANKER } from '../../evaluation/perUserResults';
import type {
  ComparedGroup,
  Comparison,
  ComparisonRequest,
  GroupDifference,
  GroupValue,
  Slicing,
} from '../../protocol/comparison';
import { protocolDifferences } from '../../protocol/protocolDifferences';
import { InspectionError } from '../inspectionError';
import type { Task } from '../tasks';
import { meanPlaces, placeHistogram, type AlignedRun } from './alignedRun';
import { changedUsers } from './changedUsers';
import {
  baselinesOf,
  differingSettings,
  groupBySeed,
  openData,
  openTestedRun,
  testProtocols,
  withDetails,
  type TestedRun,
} from './comparedRuns';
import { slicingKinds, type SlicingKind } from './slicings';
import { userMetrics, type UserMetric } from './userMetrics';

/** Resamples of the bootstrap, and swaps of the randomization test. */
const RESAMPLES = 10_000;

/** Compares the test results of runs. @throws InspectionError, RunReadError */
export async function compareRuns(request: ComparisonRequest, task: Task): Promise<Comparison> {
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
    ...(groupBySeed(runs.slice(0, opened.length)) as AlignedRun[][]),
    ...runs.slice(opened.length).map((baseline) => [baseline]),
  ];
  const names = chosenMetrics(runs, request.metrics);
  const { metrics, reasons } = await userMetrics(runs, names, data);
  const kinds = slicingKinds(details, dataset);
  const chosen = request.slices?.map((name) => slicingOf(kinds, name, data)) ?? kinds.slice(0, 2);

  const { values, differences } = await compareMetrics(groups, names, metrics, request.seed, task);
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
    resamples: RESAMPLES,
    seed: request.seed,
    notices,
  };
}

/** `A` to `Z`, then `AA`. */
function letterOf(group: number): string {
  const last = String.fromCharCode(65 + (group % 26));
  return group < 26 ? last : letterOf(Math.floor(group / 26) - 1) + last;
}

/** What messages call each run: the letter of its group, and its id. */
function letters(groups: readonly (readonly TestedRun[])[]): Map<TestedRun, string> {
  return new Map(
    groups.flatMap((runs, group) => runs.map((run) => [run, `${letterOf(group)} (\`${run.directory.id}\`)`])),
  );
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
    const different = protocolDifferences(protocols[0]!, protocols[place]!, pair);
    if (different.length > 0) {
      throw new InspectionError(
        'inspection/other-protocol',
        `Runs ${pair.join(' and ')} were evaluated by different protocols, so their numbers are not comparable: ${different.join('; ')}. ` +
          remedyFor(different),
      );
    }
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

/** Of a metric that can be computed from ranks. */
const CUTOFF = /@[1-9]\d{0,4}$/;

function remedyFor(different: readonly string[]): string {
  const differs = (aspect: string): boolean => different.some((difference) => difference.startsWith(aspect));
  if (differs('the split is'))
    return 'A run keeps its split: train one of them again with that of the other.';
  return differs('the model is')
    ? 'Compare refits with refits: `recsight refit <run>` makes one of a run.'
    : 'Evaluate one of them again by the protocol of the other: `recsight evaluate <run> --set path=value`.';
}

/** @throws InspectionError for one that no run can be measured by */
function chosenMetrics(runs: readonly AlignedRun[], wanted: readonly string[] | null): string[] {
  const measured = Object.keys(runs[0]!.metrics).filter((name) =>
    runs.every(({ metrics }) => metrics[name] !== undefined),
  );
  if (wanted === null) {
    const { mainMetric } = runs[0]!.manifest;
    return measured.sort((a, b) => Number(b === mainMetric) - Number(a === mainMetric));
  }
  for (const name of wanted) {
    if (measured.includes(name) || (findMetric(name)?.needs === 'rank' && CUTOFF.test(name))) continue;
    throw new InspectionError(
      'inspection/no-metric',
      `The metric \`${name}\` was not measured by all runs, and cannot be computed from ranks. ` +
        `Expected one of ${measured.map((one) => `\`${one}\``).join(', ')}, or a metric of ranks at any cut-off, such as \`recall@50\`.`,
    );
  }
  return [...new Set(wanted)];
}

/** Metrics that users have values of are compared; of the others there are the means that were reported. */
async function compareMetrics(
  groups: readonly AlignedRun[][],
  names: readonly string[],
  metrics: readonly UserMetric[],
  seed: number,
  task: Task,
): Promise<Pick<Comparison, 'values' | 'differences'>> {
  const byUser = metrics.map(({ name }) => name);
  const compared = await compareGroups(
    groups.map((runs) => runs.map((run) => metrics.map(({ valuesOf }) => valuesOf(run)))),
    byUser,
    draws('Resampling users', seed, 0, task),
  );
  const reported = groups.map((runs) =>
    names.map((name): GroupValue => {
      const value = meanOf(runs.map(({ metrics }) => metrics[name] ?? Number.NaN));
      return { value: Number.isNaN(value) ? null : value, low: null, high: null, seedDeviation: null };
    }),
  );
  return {
    values: groups.map((_, group) =>
      names.map((name, metric) => compared.values[group]![byUser.indexOf(name)] ?? reported[group]![metric]!),
    ),
    differences: groups.slice(1).map((_, other) =>
      names.map((name, metric): GroupDifference => {
        const [first, value] = [reported[0]![metric]!.value, reported[other + 1]![metric]!.value];
        const difference = first === null || value === null ? null : value - first;
        return compared.differences[other]![byUser.indexOf(name)] ?? { ...UNTESTED, difference };
      }),
    ),
  };
}

const UNTESTED: GroupDifference = {
  ...{ difference: null, low: null, high: null, p: null, correctedP: null },
  ...{ test: 'randomization', wins: 0, ties: 0, losses: 0, seedShare: null },
};

function draws(phase: string, seed: number, place: number, task: Task): ComparisonOptions {
  const onProgress = (done: number, of: number) => task.proceed({ phase, done, of });
  return {
    bootstrap: {
      count: RESAMPLES,
      source: new RandomStream(STREAMS.bootstrap, seed, place),
      onProgress,
    },
    randomization: (group) => ({
      count: RESAMPLES,
      source: new RandomStream(STREAMS.swaps, seed, place, group),
      onProgress,
    }),
  };
}

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

function describeGroup(runs: readonly AlignedRun[], group: number): ComparedGroup {
  const { ranker, title } = runs[0]!;
  const isBaseline = ranker !== MODEL_RANKER;
  return {
    letter: letterOf(group),
    title: runs.length === 1 ? title : `${title} (${runs.length} seeds)`,
    isBaseline,
    runs: runs.map(({ directory, manifest: { id, seed, name }, results: { epoch } }) => ({
      ...{ directory: directory.path, seed },
      ...(isBaseline ? { id: `${id}:${ranker}`, name: title, epoch: 0 } : { id, name, epoch }),
    })),
  };
}
