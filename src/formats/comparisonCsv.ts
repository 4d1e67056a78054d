import type { Comparison, GroupDifference, GroupValue } from '../protocol/comparison';
import { csvField } from './csv';

const COLUMNS = [
  ...['slicing', 'slice', 'users', 'targets', 'metric', 'group', 'runs', 'value', 'low', 'high'],
  ...['seedDeviation', 'difference', 'differenceLow', 'differenceHigh', 'p', 'correctedP', 'test'],
  ...['wins', 'ties', 'losses', 'seedShare'],
];

/**
 * A comparison as a table: a row for each metric and group, then a row for each slice and group. Differences are to the first group. What is not
 * known is empty.
 */
export function comparisonCsv(comparison: Comparison): string {
  const { groups, metrics, values, differences, slicings, numUsers, places } = comparison;
  const rowOf = (
    slice: readonly (string | number)[],
    metric: string,
    group: number,
    value: GroupValue,
    difference: GroupDifference | undefined,
  ): string =>
    [
      ...slice,
      metric,
      groups[group]!.letter,
      groups[group]!.runs.map(({ id }) => id).join(' '),
      ...[value.value, value.low, value.high, value.seedDeviation],
      ...(difference === undefined
        ? Array.from({ length: 10 }, () => null)
        : [
            ...[difference.difference, difference.low, difference.high, difference.p],
            difference.correctedP,
            difference.p === null ? null : difference.test,
            ...[difference.wins, difference.ties, difference.losses, difference.seedShare],
          ]),
    ]
      .map((field) => (field === null ? '' : csvField(String(field))))
      .join(',');
  const numTargets = places[0]?.length ?? numUsers;
  const rows = metrics.flatMap((metric, index) =>
    groups.map((_, group) =>
      rowOf(
        ['', '', numUsers, numTargets],
        metric,
        group,
        values[group]![index]!,
        differences[group - 1]?.[index],
      ),
    ),
  );
  for (const { name, metric, slices } of slicings)
    for (const slice of slices)
      rows.push(
        ...groups.map((_, group) =>
          rowOf(
            [name, slice.label, slice.numUsers, slice.numTargets],
            metric,
            group,
            slice.values[group]!,
            slice.differences[group - 1],
          ),
        ),
      );
  return `${[COLUMNS.join(','), ...rows].join('\n')}\n`;
}
