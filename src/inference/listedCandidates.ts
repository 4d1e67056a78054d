import type { RankingTask } from '../evaluation/evaluateRanking';
import type { CandidateLists } from '../protocol/candidateLists';
import type { HeldOutTargets } from './heldOutTargets';

/** Users who have a list, in the order given. */
export function usersWithList({ offsets }: CandidateLists, users: Uint32Array): Uint32Array {
  return users.filter((user) => offsets[user]! < offsets[user + 1]!);
}

/**
 * What a file lists for each user, less the targets, which are candidates in any case, and less items of the history where seen items
 * are filtered.
 * @param held whose targets they are ranked with @param unlistedUsers who have targets and no list
 */
export function listedCandidates(
  { file, hash, offsets, items }: CandidateLists,
  { users, of }: HeldOutTargets,
  {
    history,
    filterSeen,
    unlistedUsers,
  }: Pick<RankingTask, 'history' | 'filterSeen'> & { unlistedUsers: number },
): NonNullable<RankingTask['listed']> {
  const listOf = (user: number): Uint32Array => items.subarray(offsets[user], offsets[user + 1]);
  const longest = users.reduce((most, user) => {
    const list = listOf(user);
    return Math.max(most, list.length + of(user).filter((target) => !list.includes(target)).length);
  }, 0);
  return {
    ...{ file, hash, longest, unlistedUsers },
    of: (user) => {
      const excluded = new Set(of(user));
      if (filterSeen) for (const item of history(user)) excluded.add(item);
      return listOf(user).filter((item) => !excluded.has(item));
    },
  };
}
