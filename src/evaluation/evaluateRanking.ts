import type {
  EvaluationProtocol,
  ListedCandidates,
  SampledNegatives,
  SplitName,
} from '../protocol/evaluation';
import { measureRankings, type MeasuredBy, type MeasuredRankings } from './measureRankings';
import type { RankedLists } from './perUserResults';
import type { Rank, Ranks } from './rankMetrics';
import type { Catalog, TopLists } from './topLists';

/** Users to rank, each with a history and the targets, which are the held-out items. Item indices start at 1. */
export interface RankingTask {
  part: EvaluationProtocol['part'];
  /** How the data were split. */
  split: SplitName & { type: string };
  numItems: number;
  /** Indices of the users who are counted: all with a target. */
  users: Uint32Array;
  /** Of all of them. */
  numTargets: number;
  /** Whether items of the history are no candidates. */
  filterSeen: boolean;
  /** Held-out items that are in their user's history. Where that is filtered, they are no targets. */
  seenTargets: number;
  /** Where the data decided on `filterSeen`: the share that decided. */
  repeatShare?: number;
  /** Items the user met before the held-out one, oldest first. */
  history(user: number): Uint32Array;
  /** The held-out items, each once. */
  targets(user: number): Uint32Array;
  /** Seconds since 1970 of the items of the history; left out where the data have no times. */
  times?(user: number): Float64Array;
  /** The same of the targets. */
  targetTimes?(user: number): Float64Array;
  /** The ranker is told when the first target comes. */
  tellsTargetTime?: boolean;
  /** What metrics of lists know of the items. It is asked for only where there are such metrics. */
  catalog(): Catalog;
  /** Where not the whole catalog is ranked: what else is, and how it was drawn. */
  sampled?: SampledNegatives & { of(user: number): Uint32Array };
  /** The same where a file lists it. `longest`: items of the longest list, with targets that are not in it. */
  listed?: ListedCandidates & { of(user: number): Uint32Array; longest: number };
}

/** Users whose held-out items are to be ranked together. */
export interface RankingBatch {
  /** Index of each user. */
  users: readonly number[];
  /** Items of each user, oldest first. */
  histories: readonly Uint32Array[];
  /** User u's targets are those from `targetOffsets[u]` to `targetOffsets[u + 1] - 1`. */
  targetOffsets: Uint32Array;
  targets: Uint32Array;
  /** Seconds since 1970 of each user's items; left out where the data have no times. */
  times?: readonly Float64Array[];
  /** When each user's first target comes; only where the ranker is told. */
  nextTimes?: readonly number[];
  numItems: number;
  /** Whether the history's items are no candidates. */
  filterSeen: boolean;
  /** Each user's negatives, where these and the targets are all candidates. Lists are not asked for then. */
  negatives: readonly Uint32Array[] | null;
  /** Items that are wanted of each user, the best ones of all candidates; 0 where no metric looks at them. */
  listLength: number;
}

/** What a ranker says of the users of a batch, in their order. */
export interface Ranking {
  /** Where each target stands among all candidates, the user's other targets included. */
  ranks: readonly Rank[];
  /** `[users, listLength]`, best first, ties by lower item; 0 where no item is left. */
  lists: Int32Array;
}

/** Anything that ranks items for users. */
export interface Ranker {
  rank(batch: RankingBatch): Ranking | Promise<Ranking>;
}

export interface RankingResult extends MeasuredRankings {
  protocol: EvaluationProtocol;
  /** Where the targets of each user are among the ranks, in the order of `task.users`. */
  targetOffsets: Uint32Array;
  ranks: Ranks;
  /** What was recommended, in the order of `task.users`; null where not all items are candidates. */
  lists: RankedLists | null;
}

export interface RankingOptions extends MeasuredBy {
  /** Users ranked at once. */
  batchSize: number;
  /** Places of lists that the caller wants even where no metric looks at them. */
  listLength?: number;
  /** Called between batches; the place to let other work run, or to stop by throwing. */
  onProgress?: (done: number, total: number) => void | Promise<void>;
}

/**
 * Ranks each user's targets among the whole catalog, or among them and the user's negatives, and keeps what is recommended where
 * a metric looks at it.
 */
export async function evaluateRanking(
  task: RankingTask,
  ranker: Ranker,
  options: RankingOptions,
): Promise<RankingResult> {
  const { users, numItems, filterSeen } = task;
  /** What is ranked beside the targets, where not all items are. */
  const others = task.sampled ?? task.listed;
  const order = byHistoryLength(task);
  const targetOffsets = offsetsOf(Array.from(users, (user) => task.targets(user).length));
  const ranks = {
    best: new Uint32Array(targetOffsets.at(-1)!),
    worst: new Uint32Array(targetOffsets.at(-1)!),
  };
  const needsLists = options.metrics.some(({ needs }) => needs === 'list');
  const wanted = Math.max(needsLists ? Math.max(...options.cutoffs) : 0, options.listLength ?? 0);
  const listLength = others ? 0 : Math.min(numItems, wanted);
  const lists = { length: listLength, items: new Int32Array(users.length * listLength) };

  for (let from = 0; from < users.length; from += options.batchSize) {
    const places = order.subarray(from, from + options.batchSize);
    const batch = Array.from(places, (place) => users[place]!);
    const targets = batch.map((user) => task.targets(user));
    const ranking = await ranker.rank({
      users: batch,
      histories: batch.map((user) => task.history(user)),
      targetOffsets: offsetsOf(targets.map(({ length }) => length)),
      targets: Uint32Array.from(targets.flatMap((own) => [...own])),
      ...(task.times && { times: batch.map((user) => task.times!(user)) }),
      ...(task.tellsTargetTime && { nextTimes: batch.map((user) => task.targetTimes!(user)[0]!) }),
      numItems,
      filterSeen,
      negatives: others ? batch.map((user) => others.of(user)) : null,
      listLength,
    });
    let next = 0;
    places.forEach((place, row) => {
      for (let target = targetOffsets[place]!; target < targetOffsets[place + 1]!; target++) {
        const rank = ranking.ranks[next++]!;
        ranks.best[target] = rank.best;
        ranks.worst[target] = rank.worst;
      }
      const list = ranking.lists.subarray(row * listLength, (row + 1) * listLength);
      lists.items.set(list, place * listLength);
    });
    await options.onProgress?.(Math.min(from + options.batchSize, users.length), users.length);
  }

  const topLists: TopLists = { ...lists, relevant: (row) => task.targets(users[row]!) };
  const measured = measureRankings(
    { targetOffsets, ranks },
    topLists,
    needsLists ? task.catalog() : null,
    options,
  );
  return {
    ...measured,
    protocol: protocolOf(task, options.cutoffs),
    ...{ targetOffsets, ranks },
    lists: others ? null : lists,
  };
}

function offsetsOf(lengths: readonly number[]): Uint32Array {
  const offsets = new Uint32Array(lengths.length + 1);
  lengths.forEach((length, row) => (offsets[row + 1] = offsets[row]! + length));
  return offsets;
}

/** How the metrics of a task are measured. */
export function protocolOf(task: RankingTask, cutoffs: readonly number[]): EvaluationProtocol {
  const { part, split, users, numTargets, filterSeen, seenTargets, repeatShare } = task;
  return {
    split: split.type,
    splitName: { badge: split.badge, text: split.text },
    part,
    ...candidatesOf(task),
    filterSeen,
    seenTargets,
    ...(repeatShare === undefined ? {} : { repeatShare }),
    ...(task.tellsTargetTime && { targetTime: true as const }),
    ties: 'expectation',
    cutoffs: [...cutoffs],
    numUsers: users.length,
    numTargets,
  };
}

/** Places of the users, those with the longest histories first: users of one batch then have little padding. */
function byHistoryLength(task: RankingTask): Uint32Array {
  const lengths = Uint32Array.from(task.users, (user) => task.history(user).length);
  return Uint32Array.from(task.users.keys()).sort((a, b) => lengths[b]! - lengths[a]! || a - b);
}

function candidatesOf({
  sampled,
  listed,
  numItems,
}: RankingTask): Pick<EvaluationProtocol, 'candidates' | 'numCandidates' | 'negatives' | 'lists'> {
  if (listed !== undefined) {
    const { file, hash, longest, unlistedUsers } = listed;
    return { candidates: 'file', numCandidates: longest, lists: { file, hash, unlistedUsers } };
  }
  if (sampled === undefined) return { candidates: 'full', numCandidates: numItems };
  const { count, distribution, seed, fewer } = sampled;
  return {
    candidates: 'sampled',
    numCandidates: Math.min(1 + count, numItems),
    negatives: { count, distribution, seed, ...(fewer && { fewer }) },
  };
}
