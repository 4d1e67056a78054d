import type { ListMetric, RankMetric } from '../evaluation/metrics/metric';
import { ownMetricName } from '../evaluation/ownMetric';
import { CodeError } from './codeError';
import { userError } from './describeFailure';
import { UserCode } from './loadUserCode';
import type { RunCode } from './runCode';
import type { DefinedMetric } from './v1';

/**
 * Runs the code that a run keeps of metrics.
 * @param names of the metrics in the run's config
 * @returns by these names; results name them by title and direction
 * @throws CodeError where the user has not agreed to run it, or it fails
 */
export async function openOwnMetrics(
  code: RunCode,
  names: readonly string[],
): Promise<Map<string, RankMetric | ListMetric>> {
  const opened = await UserCode.open(code);
  return new Map(
    names.map((name) => {
      const file = code.entries[name]!;
      const loaded = opened.load(name);
      if (!isMetric(loaded))
        throw new CodeError(
          'code/contract',
          `${file}: The default export is not what \`defineMetric\` returned.`,
        );
      return [name, guardedMetric(loaded, file)];
    }),
  );
}

/** The metric, whose errors say their place, and which returns what a metric is to return. */
function guardedMetric(metric: DefinedMetric, file: string): RankMetric | ListMetric {
  const { title, definition, higherIsBetter, range = '' } = metric;
  const described = { name: ownMetricName(metric), title, definition, higherIsBetter, range };
  const guard = <Value>(expected: string, fits: (value: unknown) => boolean, work: () => Value): Value => {
    let value: Value;
    try {
      value = work();
    } catch (error) {
      throw userError(error, file);
    }
    if (fits(value)) return value;
    throw new CodeError(
      'code/contract',
      `${file}: The metric \`${title}\` returned ${shown(value)}; expected ${expected}.`,
    );
  };
  const isNumber = (value: unknown): boolean => typeof value === 'number';
  if (metric.needs === 'rank')
    return {
      ...described,
      needs: 'rank',
      of: (...given) => guard('a number', isNumber, () => metric.of(...given)),
    };
  return {
    ...described,
    needs: 'list',
    ...(metric.needsCategories === true && { needsCategories: true }),
    of: (lists, ...given) => {
      const users = lists.items.length / lists.length;
      return guard(
        `a number, or a Float64Array with one for each of the ${users} users`,
        (value) => isNumber(value) || (value instanceof Float64Array && value.length === users),
        () => metric.of(lists, ...given),
      );
    },
  };
}

function shown(value: unknown): string {
  if (value instanceof Float64Array) return `a Float64Array of ${value.length} values`;
  return Array.isArray(value) ? 'an array' : value === null ? 'null' : typeof value;
}

function isMetric(value: unknown): value is DefinedMetric {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'metric';
}
