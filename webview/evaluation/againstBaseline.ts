import type { Comparison, GroupDifference } from '../../src/protocol/comparison';

/**
 * A run and one of its baselines alone. Differences are those of the run to the baseline: above 0 where the run has more.
 * @param baseline its place among the groups, of which the run is the first
 */
export function againstBaseline(comparison: Comparison, baseline: number): Comparison {
  const pick = <Of>(groups: readonly Of[]): Of[] =>
    groups.filter((_, group) => [0, baseline].includes(group));
  const differ = (differences: readonly GroupDifference[]): GroupDifference[] =>
    differences.slice(baseline - 1, baseline).map(reversed);
  const { groups, values, differences, slicings, places, histogram, calibration } = comparison;
  return {
    ...comparison,
    groups: pick(groups),
    values: pick(values),
    differences: differences.slice(baseline - 1, baseline).map((metrics) => metrics.map(reversed)),
    slicings: slicings.map((slicing) => ({
      ...slicing,
      slices: slicing.slices.map((slice) => ({
        ...slice,
        values: pick(slice.values),
        differences: differ(slice.differences),
      })),
    })),
    places: pick(places),
    calibration: calibration && pick(calibration),
    histogram: { ...histogram, counts: pick(histogram.counts), tied: pick(histogram.tied) },
  };
}

function reversed(of: GroupDifference): GroupDifference {
  const negative = (value: number | null): number | null => (value === null ? null : 0 - value);
  return {
    ...of,
    difference: negative(of.difference),
    ...{ low: negative(of.high), high: negative(of.low) },
    ...{ wins: of.losses, losses: of.wins },
  };
}
