import type { PreparedDataset } from '../dataset/preparedDataset';
import type { EvaluationConfig } from '../config/schema';
import type { RankingTask } from '../evaluation/evaluateRanking';
import { countOf, countOfAll } from '../protocol/countOf';
import { percent } from '../protocol/percent';
import { thousands } from '../protocol/thousands';

/** From this share of repeats on, meeting an item again is part of what the data show, and so of what is to be predicted. */
const REPEATS_FROM = 0.1;

/** What becomes of the items of a user's history in rankings. */
export interface SeenRule {
  /** Whether they are no candidates. */
  filterSeen: boolean;
  /** Where the data decided: the share that decided. */
  repeatShare?: number;
}

/** What the config says; where it leaves it open, what the data say. They are looked at once. */
export function seenRule(
  dataset: PreparedDataset,
  { filterSeen }: Pick<EvaluationConfig, 'filterSeen'>,
): SeenRule {
  if (filterSeen !== 'auto') return { filterSeen };
  const repeatShare = shares.get(dataset) ?? repeatShareOf(dataset);
  shares.set(dataset, repeatShare);
  return { filterSeen: repeatShare < REPEATS_FROM, repeatShare };
}

const shares = new WeakMap<PreparedDataset, number>();

/** The share of training and validation interactions whose item the user had met before. Test says nothing here. */
function repeatShareOf({ numUsers, numItems, offsets, validationEnd, items }: PreparedDataset): number {
  /** The last user who met each item, from 1. */
  const metBy = new Uint32Array(numItems + 1);
  let repeats = 0;
  let total = 0;
  for (let user = 0; user < numUsers; user++) {
    for (let row = offsets[user]!; row < validationEnd[user]!; row++) {
      total++;
      if (metBy[items[row]!] === user + 1) repeats++;
      metBy[items[row]!] = user + 1;
    }
  }
  return total === 0 ? 0 : repeats / total;
}

/** Says what `auto` decided and why; null where the config decided. */
export function seenRuleText({ filterSeen, repeatShare }: SeenRule): string | null {
  if (repeatShare === undefined) return null;
  const share = `${percent(repeatShare)} of the interactions before test repeat an item of the user`;
  return filterSeen
    ? `Items of a user's history are left out of rankings: ${share}. \`evaluation.filterSeen: false\` keeps them.`
    : `Items of a user's history stay in rankings: ${share}. \`evaluation.filterSeen: true\` leaves them out.`;
}

/** Says how many held-out items are not counted because their user met them before; null where all are. */
export function leftOutText({ part, numTargets, filterSeen, seenTargets }: RankingTask): string | null {
  if (!filterSeen || seenTargets === 0) return null;
  const all = numTargets + seenTargets;
  const share = percent(seenTargets / all);
  const does = seenTargets === 1 ? 'does' : 'do';
  return `${thousands(seenTargets)} of ${countOf(all, 'held-out item')} (${share}) ${does} not count in ${part}: what is in the history of the user is left out.`;
}

/** Says how many users are not counted because a file has no candidates for them; null where all are, or no file decides. */
export function unlistedText({ part, users, listed }: RankingTask): string | null {
  if (listed === undefined || listed.unlistedUsers === 0) return null;
  const { unlistedUsers, file } = listed;
  const have = countOfAll(unlistedUsers, unlistedUsers + users.length, 'user', ['has', 'have']);
  return `${have} no list in \`${file}\` and ${unlistedUsers === 1 ? 'does' : 'do'} not count in ${part}.`;
}
