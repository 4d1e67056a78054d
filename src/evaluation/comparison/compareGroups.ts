import type { Estimate, GroupDifference, GroupValue } from '../../protocol/comparison';
import { directionOf } from '../metrics/metrics';
import { bootstrapMeans, type Draws } from './bootstrap';
import { holm } from './holm';
import { CONFIDENCE, meanOf, percentileInterval, varianceOf } from './intervals';
import { randomizationTest } from './randomizationTest';
import { quantileOfT, tailOfT } from './studentT';
import type { UserValues } from './userKinds';

/** Runs of one config with several seeds, or a single run: for each run the values of its users, metric by metric. */
export type RunGroup = readonly (readonly UserValues[])[];

/** Both by group, then by metric; there are no differences of the first group. */
export interface ComparedGroups {
  values: GroupValue[][];
  differences: GroupDifference[][];
}

export interface ComparisonOptions {
  /** Which of the random numbers are for which purpose. */
  bootstrap: Draws;
  /** Draws for a test; each test of two groups gets its own. */
  randomization: (group: number) => Draws;
}

/**
 * Compares groups of runs with the first group, user by user. All have the same users in the same order.
 *
 * A single run is compared with another as the two trained models that they are: the difference is that of a paired bootstrap over
 * users, and is tested by swapping users' values. Where a group has several seeds, its runs vary too, so that both count: the
 * variance of the difference is that of the bootstrap plus s²/m of each group (of a group with one run, what the others' seeds do),
 * and it is tested by Student's t with Satterthwaite's degrees of freedom.
 * @param metrics names, which say what is better
 */
export async function compareGroups(
  groups: readonly RunGroup[],
  metrics: readonly string[],
  { bootstrap, randomization }: ComparisonOptions,
): Promise<ComparedGroups> {
  const columns = groups.map((runs) => metrics.map((_, metric) => meanOverRuns(runs, metric)));
  const resampled = await bootstrapMeans(columns.flat(), bootstrap);
  const means = groups.map((_, group) =>
    metrics.map((_, metric) => resampled[group * metrics.length + metric]!),
  );
  const values = groups.map((runs, group) =>
    metrics.map((_, metric): GroupValue => ({
      value: orNull(meanOf(columns[group]![metric]!)),
      ...percentileInterval(means[group]![metric]!),
      seedDeviation: runs.length < 2 ? null : Math.sqrt(seedVariance(runs, metric)),
    })),
  );
  const differences: GroupDifference[][] = [];
  for (let group = 1; group < groups.length; group++) {
    const byUser = metrics.map((_, metric) =>
      columns[group]![metric]!.map((value, user) => value - columns[0]![metric]![user]!),
    );
    const randomized = await randomizationTest(byUser, randomization(group));
    differences.push(
      metrics.map((name, metric) => {
        const resampledDifferences = means[group]![metric]!.map(
          (mean, resample) => mean - means[0]![metric]![resample]!,
        );
        const difference = meanOf(columns[group]![metric]!) - meanOf(columns[0]![metric]!);
        const userVariance = varianceOf(resampledDifferences);
        const seeds = seedSpread(groups, [group, 0], metric);
        return {
          difference: orNull(difference),
          ...(seeds === null
            ? { ...percentileInterval(resampledDifferences), p: randomized[metric]!, test: 'randomization' }
            : { ...tested(difference, userVariance, byUser[metric]!.length - 1, seeds), test: 't' }),
          correctedP: null,
          ...outcomes(byUser[metric]!, directionOf(name)),
          seedShare:
            seeds === null
              ? null
              : shareOf(
                  seeds.reduce((sum, { part }) => sum + part, 0),
                  userVariance,
                ),
        } satisfies GroupDifference;
      }),
    );
  }
  correctTogether(differences.flat());
  return { values, differences };
}

/** Corrects the p-values of tests that are read together, in place. */
export function correctTogether(tests: readonly GroupDifference[]): void {
  holm(tests.map(({ p }) => p ?? Number.NaN)).forEach((p, test) => (tests[test]!.correctedP = orNull(p)));
}

/** A user counts where one of the runs counts them. */
function meanOverRuns(runs: RunGroup, metric: number): UserValues {
  const [first, ...others] = runs.map((columns) => columns[metric]!);
  if (others.length === 0) return first!;
  return first!.map((value, user) => meanOf([value, ...others.map((column) => column[user]!)]));
}

function seedVariance(runs: RunGroup, metric: number): number {
  return varianceOf(runs.map((columns) => meanOf(columns[metric]!)));
}

/** What seeds add to the variance of a difference. */
interface SeedPart {
  part: number;
  /** Degrees of freedom of its estimate. */
  freedom: number;
}

/** Of the two groups; null where no group has several seeds, so that nothing is known of them. */
function seedSpread(groups: readonly RunGroup[], pair: readonly number[], metric: number): SeedPart[] | null {
  const repeated = groups.filter((runs) => runs.length > 1);
  if (!pair.some((group) => groups[group]!.length > 1)) return null;
  const freedom = repeated.reduce((sum, runs) => sum + runs.length - 1, 0);
  const pooled =
    repeated.reduce((sum, runs) => sum + (runs.length - 1) * seedVariance(runs, metric), 0) / freedom;
  return pair.map((group) => {
    const runs = groups[group]!;
    return runs.length > 1
      ? { part: seedVariance(runs, metric) / runs.length, freedom: runs.length - 1 }
      : { part: pooled, freedom };
  });
}

function tested(
  difference: number,
  userVariance: number,
  userFreedom: number,
  seeds: readonly SeedPart[],
): Estimate & { p: number | null } {
  const parts = [{ part: userVariance, freedom: userFreedom }, ...seeds];
  const variance = parts.reduce((sum, { part }) => sum + part, 0);
  if (Number.isNaN(variance)) return { low: null, high: null, p: null };
  if (variance === 0) return { low: difference, high: difference, p: difference === 0 ? 1 : 0 };
  const freedom = variance ** 2 / parts.reduce((sum, { part, freedom }) => sum + part ** 2 / freedom, 0);
  const error = Math.sqrt(variance);
  const reach = quantileOfT(1 - CONFIDENCE, freedom) * error;
  return {
    low: difference - reach,
    high: difference + reach,
    p: tailOfT(difference / error, freedom),
  };
}

/** What cannot be said is left open. */
export const orNull = (value: number): number | null => (Number.isNaN(value) ? null : value);

const shareOf = (part: number, rest: number): number => (part + rest === 0 ? 0 : part / (part + rest));

function outcomes(
  differences: UserValues,
  direction: 1 | -1,
): Pick<GroupDifference, 'wins' | 'ties' | 'losses'> {
  const count = (sign: number): number =>
    differences.reduce((sum, value) => sum + Number(Math.sign(value) === sign), 0);
  return { wins: count(direction), ties: count(0), losses: count(-direction) };
}
