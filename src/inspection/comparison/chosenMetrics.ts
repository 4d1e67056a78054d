import { InspectionError } from '../inspectionError';
import type { Tested } from './comparedRuns';

/**
 * The metrics that runs are compared by: those of the user, or all that every run was measured by, with the one that selects epochs first.
 * @param isComputed whether a metric that was not measured can be computed from what the runs stored
 * @param stored what the runs stored, and what can be computed from it, for the message
 * @throws InspectionError for one that no run can be measured by
 */
export function chosenMetrics(
  runs: readonly Tested[],
  wanted: readonly string[] | null,
  isComputed: (name: string) => boolean,
  stored: { what: string; computed: string },
): string[] {
  const measured = Object.keys(runs[0]!.metrics).filter((name) =>
    runs.every(({ metrics }) => metrics[name] !== undefined),
  );
  if (wanted === null) {
    const { mainMetric } = runs[0]!.manifest;
    return measured.sort((a, b) => Number(b === mainMetric) - Number(a === mainMetric));
  }
  for (const name of wanted) {
    if (measured.includes(name) || isComputed(name)) continue;
    throw new InspectionError(
      'inspection/no-metric',
      `The metric \`${name}\` was not measured by all runs, and cannot be computed from ${stored.what}. ` +
        `Expected one of ${measured.map((one) => `\`${one}\``).join(', ')}, or ${stored.computed}.`,
    );
  }
  return [...new Set(wanted)];
}
