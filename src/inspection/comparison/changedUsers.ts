import { historiesUntil } from '../../dataset/histories';
import type { PreparedDataset } from '../../dataset/preparedDataset';
import { meanOf } from '../../evaluation/comparison/intervals';
import { directionOf } from '../../evaluation/metrics/metrics';
import type { ChangedUser, ChangedUsers, RecommendedItem } from '../../protocol/comparison';
import { meanPlaces, type AlignedRun } from './alignedRun';
import type { UserMetric } from './userMetrics';

/** Of a history and of lists so many titles are shown. */
const TITLES = 10;

/**
 * The users with the largest differences between two groups by a metric, the largest first; of equal ones, first those whose held-out item
 * moved furthest, by the ratio of its places.
 */
export function changedUsers(
  groups: readonly [readonly AlignedRun[], readonly AlignedRun[]],
  { name, valuesOf }: UserMetric,
  count: number,
  dataset: PreparedDataset | null,
): ChangedUsers {
  const [first] = groups[0];
  const { userIds, targetOffsets, details } = first!.results;
  const [valuesA, valuesB] = groups.map((runs) => {
    const columns = runs.map((run) => valuesOf(run));
    return columns[0]!.map((_, user) => meanOf(columns.map((column) => column[user]!)));
  });
  const [placesA, placesB] = groups.map((runs) => meanPlaces(runs, targetOffsets.at(-1)!));
  const gains = valuesA!.map((value, user) => directionOf(name) * (valuesB![user]! - value));
  const targetsOf = (user: number): number[] =>
    Array.from(
      { length: targetOffsets[user + 1]! - targetOffsets[user]! },
      (_, place) => targetOffsets[user]! + place,
    );
  const moved = (user: number): number =>
    meanOf(targetsOf(user).map((target) => Math.log(placesA![target]! / placesB![target]!)));
  const largest = (sign: 1 | -1): ChangedUser[] =>
    Array.from(gains.keys())
      .filter((user) => sign * gains[user]! > 0)
      .map((user) => ({ user, gain: sign * gains[user]!, moved: sign * moved(user) }))
      .sort((a, b) => b.gain - a.gain || b.moved - a.moved || a.user - b.user)
      .slice(0, count)
      .map(({ user }) => describe(user));

  const titleOf = (id: string): string => titles.get(id) ?? id;
  const titles = titlesOf(dataset);
  const describe = (user: number): ChangedUser => ({
    id: userIds[user]!,
    historyLength: details?.historyLengths[user] ?? null,
    values: [valuesA![user]!, valuesB![user]!],
    targets: targetsOf(user).map((target) => ({
      title: details === null ? '' : titleOf(details.itemIds[details.targets[target]!]!),
      places: [placesA![target]!, placesB![target]!],
    })),
    history:
      dataset === null || details === null
        ? []
        : historyOf(dataset, details.users[user]!).map((item) => titleOf(dataset.itemIds[item]!)),
    lists: listsOf(groups, user, titleOf),
  });
  return { gained: largest(1), lost: largest(-1) };
}

function titlesOf(dataset: PreparedDataset | null): Map<string, string> {
  const { itemIds = [], itemTitles = null } = dataset ?? {};
  const named = itemIds.map((id, item): [string, string] => [id, itemTitles?.[item] ?? '']);
  return new Map(named.filter(([, title]) => title !== ''));
}

/** Items before the targets, newest first. */
function historyOf(dataset: PreparedDataset, user: number): number[] {
  const { offsets, ends, items } = historiesUntil(dataset, 'validation');
  return [...items.subarray(offsets[user], ends[user]).slice(-TITLES)].reverse();
}

function listsOf(
  groups: readonly (readonly AlignedRun[])[],
  user: number,
  titleOf: (id: string) => string,
): ChangedUser['lists'] {
  const { details, targetOffsets } = groups[0]![0]!.results;
  const [a, b] = groups.map(([run]): RecommendedItem[] | null => {
    const { lists } = run!.aligned;
    if (lists === null || details === null) return null;
    const { length, items } = lists;
    const targets = details.targets.subarray(targetOffsets[user], targetOffsets[user + 1]);
    return [...items.subarray(user * length, user * length + Math.min(TITLES, length))]
      .filter((item) => item > 0)
      .map((item) => ({ title: titleOf(details.itemIds[item]!), isTarget: targets.includes(item) }));
  });
  return a && b ? [a, b] : null;
}
