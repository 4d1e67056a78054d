import { RandomStream } from '../../compute/random';
import { STREAMS } from '../../compute/randomStreams';
import { compareGroups, type ComparisonOptions } from '../../evaluation/comparison/compareGroups';
import { meanOf } from '../../evaluation/comparison/intervals';
import type { UserValues } from '../../evaluation/comparison/userKinds';
import { MODEL_RANKER } from '../../evaluation/perUserResults';
import type { ComparedGroup, Comparison, GroupDifference, GroupValue } from '../../protocol/comparison';
import type { EvaluationProtocol } from '../../protocol/evaluation';
import { protocolDifferences } from '../../protocol/protocolDifferences';
import { InspectionError } from '../inspectionError';
import type { Task } from '../tasks';
import type { Tested } from './comparedRuns';

/* What comparisons by ranks and by labels share. */

/** Resamples of the bootstrap, and swaps of the randomization test. */
export const RESAMPLES = 10_000;

/** `A` to `Z`, then `AA`. */
function letterOf(group: number): string {
  const last = String.fromCharCode(65 + (group % 26));
  return group < 26 ? last : letterOf(Math.floor(group / 26) - 1) + last;
}

/** What messages call each run: the letter of its group, and its id. */
export function letters<Run extends Tested>(groups: readonly (readonly Run[])[]): Map<Run, string> {
  return new Map(
    groups.flatMap((runs, group) => runs.map((run) => [run, `${letterOf(group)} (\`${run.directory.id}\`)`])),
  );
}

/** @throws InspectionError where two protocols are not the same, with what differs */
export function requireSame(
  first: EvaluationProtocol,
  other: EvaluationProtocol,
  names: readonly [string, string],
): void {
  const different = protocolDifferences(first, other, names);
  if (different.length === 0) return;
  throw new InspectionError(
    'inspection/other-protocol',
    `Runs ${names.join(' and ')} were evaluated by different protocols, so their numbers are not comparable: ${different.join('; ')}. ` +
      remedyFor(different),
  );
}

function remedyFor(different: readonly string[]): string {
  const differs = (aspect: string): boolean => different.some((difference) => difference.startsWith(aspect));
  if (differs('the split is'))
    return 'A run keeps its split: train one of them again with that of the other.';
  return differs('the model is')
    ? 'Compare refits with refits: `recsight refit <run>` makes one of a run.'
    : 'Evaluate one of them again by the protocol of the other: `recsight evaluate <run> --set path=value`.';
}

/** Metrics that users have values of are compared; of the others there are the means that were reported. */
export async function compareMetrics<Run extends Tested>(
  groups: readonly (readonly Run[])[],
  names: readonly string[],
  metrics: readonly { name: string; valuesOf: (run: Run) => UserValues }[],
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

export function draws(phase: string, seed: number, place: number, task: Task): ComparisonOptions {
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

export function describeGroup(runs: readonly Tested[], group: number): ComparedGroup {
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
