import { leavesOf } from '../../config/configLeaves';
import { isRecord } from '../../protocol/isRecord';
import type { PreparedDataset } from '../../dataset/preparedDataset';
import { gainOver } from '../../evaluation/metrics/metrics';
import type { LabeledResults } from '../../evaluation/labeledResults';
import { MODEL_RANKER, type PerUserResults } from '../../evaluation/perUserResults';
import { rankingTask } from '../../inference/evaluateModel';
import { prepareUnchanged, readConfig } from '../../inference/openRun';
import { resultDetailsOf } from '../../inference/resultDetails';
import { errorText } from '../../protocol/errorText';
import type { ComparedRun } from '../../protocol/comparison';
import type { EvaluationProtocol, Metrics } from '../../protocol/evaluation';
import { isUnset } from '../../protocol/runSettings';
import { baselineKeysBeside, baselineTitle, type RunManifest } from '../../protocol/run';
import { EventLogReader } from '../../runs/eventLog';
import { readLabeledResults } from '../../runs/labeledFile';
import { readPerUserResults } from '../../runs/perUserFile';
import { RunDirectory } from '../../runs/runDirectory';
import { RunSeries } from '../../series/runSeries';
import { readRunCode, shortHash } from '../../userCode/runCode';
import { InspectionError } from '../inspectionError';

/** A run with its test results, or a baseline with those that it has in a run. */
export type TestedRun = Tested<PerUserResults>;
/** The same of a run that was measured by labels. */
export type LabeledRun = Tested<LabeledResults>;

/** What any results are of. */
type Results = Pick<PerUserResults, 'protocol' | 'epoch'> & { rankers: ReadonlyMap<string, unknown> };

export interface Tested<Of extends Results = Results> {
  directory: RunDirectory;
  manifest: RunManifest;
  /** Which of the rankers of the results it is. */
  ranker: string;
  /** Of the run, or of the baseline. */
  title: string;
  /** Dotted path → value as text; what only names the run is left out. */
  settings: ReadonlyMap<string, string>;
  results: Of;
  /** Means as they were reported; those of metrics that users have no values of are nowhere else. */
  metrics: Metrics;
}

const SEED = 'seed';
/** Of a refit, what validation chose with that seed. */
const CHOSEN_EPOCHS = 'training.epochs';
/** They name or describe. */
const NAMES = new Set(['name', '$schema']);

/** Whether the first of some runs was tested by labels. @throws RunReadError */
export async function areMeasuredByLabels([first]: readonly string[]): Promise<boolean> {
  const { test } = await new RunDirectory(first!).readManifest();
  return test?.protocol.candidates === 'shown';
}

/** @throws InspectionError where the run has no test results of users; RunReadError */
export function openTestedRun(path: string): Promise<TestedRun> {
  return openRun(path, readPerUserResults);
}

/** @throws InspectionError where the run was not tested by labels; RunReadError */
export function openLabeledRun(path: string): Promise<LabeledRun> {
  return openRun(path, readLabeledResults);
}

/** How a run was measured that does not fit the first one, by whether that was by labels. */
const OTHER_WAY: Record<string, string> = {
  true: 'by labels, and the first run by how it ranks what users took',
  false: 'by how it ranks what users took, and the first run by labels',
};

async function openRun<Of extends Results>(
  path: string,
  read: (run: RunDirectory, part: 'test') => Promise<Of | null>,
): Promise<Tested<Of>> {
  const directory = new RunDirectory(path);
  const manifest = await directory.readManifest();
  const results = await read(directory, 'test');
  const { test } = manifest;
  if (results === null || test === null) {
    const isOther = test !== null && (test.protocol.candidates === 'shown') === (read === readPerUserResults);
    throw isOther
      ? new InspectionError(
          'inspection/other-protocol',
          `Run ${directory.id} was measured ${OTHER_WAY[String(test.protocol.candidates === 'shown')]}, so their numbers are not comparable.`,
        )
      : new InspectionError(
          'inspection/no-results',
          `Run ${directory.id} has no stored test results of its users. \`recsight evaluate ${directory.id}\` makes them.`,
        );
  }
  const config = await directory.readConfig();
  const settings = new Map<string, string>();
  for (const [name, value] of leavesOf(isRecord(config) ? config : {}))
    if (!NAMES.has(name)) settings.set(name, typeof value === 'string' ? value : JSON.stringify(value));
  const code = await readRunCode(directory);
  // A file of the same name need not be the same code.
  if (code !== null) settings.set('code', shortHash(code));
  const { name: title } = manifest;
  return { directory, manifest, ranker: MODEL_RANKER, title, settings, results, metrics: test.metrics };
}

/** The baselines that a run was measured with and has stored results of, the best by its main metric first. */
export function baselinesOf<Run extends Tested>(run: Run): Run[] {
  const { manifest, results } = run;
  const { mainMetric, model } = manifest;
  const test = manifest.test!;
  const valueOf = (key: string): number => test.baselines[key]![mainMetric] ?? Number.NaN;
  return baselineKeysBeside(model, test)
    .filter((key) => results.rankers.has(key))
    .sort((a, b) => gainOver(mainMetric, valueOf(b), valueOf(a)) || 0)
    .map((key) => ({
      ...run,
      ...{ ranker: key, title: baselineTitle(test, key), metrics: test.baselines[key]! },
      settings: new Map(),
    }));
}

/**
 * By which protocol each run was tested. A baseline is fitted to training and validation in any case, so that next to refits it is one,
 * too.
 */
export function testProtocols(runs: readonly Tested[]): EvaluationProtocol[] {
  const hasRefit = runs.some(({ results }) => results.protocol.refit);
  return runs.map(({ manifest, results: { protocol } }) =>
    hasRefit && manifest.progress.epochs === 0 ? { ...protocol, refit: true } : protocol,
  );
}

/** Runs whose configs differ in nothing but the seed, in the order of the first of each. */
export function groupBySeed<Run extends Tested>(runs: readonly Run[]): Run[][] {
  const groups = new Map<string, Run[]>();
  for (const run of runs) {
    const isRefit = run.manifest.refitOf !== undefined;
    const same = [...run.settings].filter(([name]) => name !== SEED && !(isRefit && name === CHOSEN_EPOCHS));
    const key = JSON.stringify(same.sort());
    groups.set(key, [...(groups.get(key) ?? []), run]);
  }
  return [...groups.values()];
}

/** Settings that are not the same in all groups, in the order of the configs. The seeds of a group are listed. */
export function differingSettings(groups: readonly (readonly Tested[])[]) {
  const names = new Set(groups.flatMap(([first]) => [...first!.settings.keys()]));
  return [...names]
    .map((path) => ({
      path,
      values: groups.map((runs) => {
        const values = runs.map(({ settings }) => settings.get(path)).filter((value) => value !== undefined);
        return values.length === 0 ? null : [...new Set(values)].join(', ');
      }),
    }))
    .filter(({ values }) => new Set(values.map((value) => (isUnset(value) ? null : value))).size > 1);
}

/** The data that a run was tested on, or why they are not at hand. */
export async function openData({ directory, manifest }: TestedRun): Promise<PreparedDataset | string> {
  try {
    const config = await readConfig(directory);
    return (await prepareUnchanged(directory, manifest, config)).dataset;
  } catch (error) {
    return errorText(error);
  }
}

/** Results of an earlier version, with what is known of its users from the data. */
export async function withDetails(
  run: TestedRun,
  dataset: PreparedDataset | string,
): Promise<PerUserResults> {
  const { results, directory } = run;
  if (results.details !== null || typeof dataset === 'string') return results;
  const { evaluation } = await readConfig(directory);
  const task = rankingTask(dataset, 'test', evaluation);
  const ids = Array.from(task.users, (user) => dataset.userIds[user]!);
  const isSame = ids.length === results.userIds.length && ids.every((id, row) => id === results.userIds[row]);
  return isSame ? { ...results, details: resultDetailsOf(dataset, task) } : results;
}

/** What a view shows of a run beside its results. @throws RunReadError */
export async function describeRun(path: string): Promise<ComparedRun> {
  const directory = new RunDirectory(path);
  const { mainMetric, protocol, warnings = [] } = await directory.readManifest();
  const series = new RunSeries();
  for await (const events of new EventLogReader(directory.eventsPath).readBatches()) series.fold(events);
  const curve = series.get(`validation/${mainMetric}`);
  return { directory: directory.path, mainMetric, protocol, curve, warnings };
}
