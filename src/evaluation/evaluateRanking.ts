import type { EvaluationProtocol, Metrics, SampledNegatives, SplitName } from '../protocol/evaluation';
import type { RankedLists } from './perUserResults';
import type { ListMetric, RankMetric } from './metrics/metric';
import { meanRankMetric, type Rank, type Ranks } from './rankMetrics';
import type { Catalog, TopLists } from './topLists';

/** Users to rank, each with a history and one held-out item. Item indices start at 1. */
export interface RankingTask {
  part: EvaluationProtocol['part'];
  /** How the data were split. */
  split: SplitName & { type: string };
  numItems: number;
  /** Indices of the users who are counted: of those with a held-out item, all whose item may be ranked. */
  users: Uint32Array;
  /** Whether items of the history are no candidates. */
  filterSeen: boolean;
  /** Users whose held-out item is in their history. Where that is filtered, they are not among `users`. */
  seenTargets: number;
  /** Where the data decided on `filterSeen`: the share that decided. */
  repeatShare?: number;
  /** Items the user met before the held-out one, oldest first. */
  history(user: number): Uint32Array;
  /** The held-out item. */
  target(user: number): number;
  /** Seconds since 1970 of the items of the history; left out where the data have no times. */
  times?(user: number): Float64Array;
  /** When the held-out item comes; only where the ranker is told. */
  targetTime?(user: number): number;
  /** What metrics of lists know of the items. It is asked for only where there are such metrics. */
  catalog(): Catalog;
  /** Where not the whole catalog is ranked: what else is, and how it was drawn. */
  sampled?: SampledNegatives & { of(user: number): Uint32Array };
}

/** Users whose held-out items are to be ranked together. */
export interface RankingBatch {
  /** Index of each user. */
  users: readonly number[];
  /** Items of each user, oldest first. */
  histories: readonly Uint32Array[];
  /** Each user's held-out item. */
  targets: readonly number[];
  /** Seconds since 1970 of each user's items; left out where the data have no times. */
  times?: readonly Float64Array[];
  /** When each user's held-out item comes; only where the ranker is told. */
  nextTimes?: readonly number[];
  numItems: number;
  /** Whether the history's items are no candidates. */
  filterSeen: boolean;
  /** Each user's negatives, where these are all that the held-out item is ranked against. Lists are not asked for then. */
  negatives: readonly Uint32Array[] | null;
  /** Items that are wanted of each user, the best ones of all candidates; 0 where no metric looks at them. */
  listLength: number;
}

/** What a ranker says of the users of a batch, in their order. */
export interface Ranking {
  /** Where each user's held-out item stands. */
  ranks: readonly Rank[];
  /** `[users, listLength]`, best first, ties by lower item; 0 where no item is left. */
  lists: Int32Array;
}

/** Anything that ranks items for users. */
export interface Ranker {
  rank(batch: RankingBatch): Ranking | Promise<Ranking>;
}

export interface RankingResult {
  metrics: Metrics;
  protocol: EvaluationProtocol;
  /** Of each user's held-out item, in the order of `task.users`. */
  ranks: Ranks;
  /** What was recommended, in the order of `task.users`; null where not all items are candidates. */
  lists: RankedLists | null;
  /** Metrics of ranks as if ties were broken for and against the held-out item; null when no tie changes one. */
  tieBounds: { best: Metrics; worst: Metrics } | null;
}

export interface RankingOptions {
  /** In the order in which results list them, at each cut-off. */
  metrics: readonly (RankMetric | ListMetric)[];
  cutoffs: readonly number[];
  /** Users ranked at once. */
  batchSize: number;
  /** Places of lists that the caller wants even where no metric looks at them. */
  listLength?: number;
  /** Called between batches; the place to let other work run, or to stop by throwing. */
  onProgress?: (done: number, total: number) => void | Promise<void>;
}

/**
 * Ranks each user's held-out item against the whole catalog, or against the user's negatives, and keeps what is recommended where
 * a metric looks at it.
 */
export async function evaluateRanking(
  task: RankingTask,
  ranker: Ranker,
  options: RankingOptions,
): Promise<RankingResult> {
  const { users, numItems, filterSeen } = task;
  const order = byHistoryLength(task);
  const best = new Uint32Array(users.length);
  const worst = new Uint32Array(users.length);
  const needsLists = options.metrics.some(({ needs }) => needs === 'list');
  const wanted = Math.max(needsLists ? Math.max(...options.cutoffs) : 0, options.listLength ?? 0);
  const listLength = task.sampled ? 0 : Math.min(numItems, wanted);
  const lists = new Int32Array(users.length * listLength);

  for (let from = 0; from < users.length; from += options.batchSize) {
    const places = order.subarray(from, from + options.batchSize);
    const batch = Array.from(places, (place) => users[place]!);
    const ranking = await ranker.rank({
      users: batch,
      histories: batch.map((user) => task.history(user)),
      targets: batch.map((user) => task.target(user)),
      ...(task.times && { times: batch.map((user) => task.times!(user)) }),
      ...(task.targetTime && { nextTimes: batch.map((user) => task.targetTime!(user)) }),
      numItems,
      filterSeen,
      negatives: task.sampled ? batch.map((user) => task.sampled!.of(user)) : null,
      listLength,
    });
    ranking.ranks.forEach((rank, row) => {
      const place = places[row]!;
      best[place] = rank.best;
      worst[place] = rank.worst;
      const list = ranking.lists.subarray(row * listLength, (row + 1) * listLength);
      lists.set(list, place * listLength);
    });
    await options.onProgress?.(Math.min(from + options.batchSize, users.length), users.length);
  }

  const topLists: TopLists = {
    length: listLength,
    items: lists,
    relevant: (row) => [task.target(users[row]!)],
  };
  const catalog = needsLists ? task.catalog() : null;
  const listValue = ({ of }: ListMetric, cutoff: number): number => mean(of(topLists, cutoff, catalog!));
  const measure = (ranks: Ranks, metrics = options.metrics): Metrics =>
    Object.fromEntries(
      options.cutoffs.flatMap((cutoff) =>
        metrics.map((metric) => [
          `${metric.name}@${cutoff}`,
          metric.needs === 'rank' ? meanRankMetric(metric, ranks, cutoff) : listValue(metric, cutoff),
        ]),
      ),
    );
  const byRank = options.metrics.filter(({ needs }) => needs === 'rank');
  const bounds = {
    best: measure({ best, worst: best }, byRank),
    worst: measure({ best: worst, worst }, byRank),
  };
  const tiesMatter = Object.keys(bounds.best).some((name) => bounds.best[name] !== bounds.worst[name]);
  return {
    metrics: measure({ best, worst }),
    protocol: protocolOf(task, options.cutoffs),
    ranks: { best, worst },
    lists: task.sampled ? null : { length: listLength, items: lists },
    tieBounds: tiesMatter ? bounds : null,
  };
}

/** The mean of the values of users, without those that do not count; one value stays what it is. */
function mean(values: Float64Array | number): number {
  if (typeof values === 'number') return values;
  const counted = values.filter((value) => !Number.isNaN(value));
  return counted.reduce((sum, value) => sum + value, 0) / counted.length;
}

/** How the metrics of a task are measured. */
export function protocolOf(task: RankingTask, cutoffs: readonly number[]): EvaluationProtocol {
  const { part, split, users, filterSeen, seenTargets, repeatShare } = task;
  return {
    split: split.type,
    splitName: { badge: split.badge, text: split.text },
    part,
    ...candidatesOf(task),
    filterSeen,
    seenTargets,
    ...(repeatShare === undefined ? {} : { repeatShare }),
    ...(task.targetTime && { targetTime: true as const }),
    ties: 'expectation',
    cutoffs: [...cutoffs],
    numUsers: users.length,
  };
}

/** Places of the users, those with the longest histories first: users of one batch then have little padding. */
function byHistoryLength(task: RankingTask): Uint32Array {
  const lengths = Uint32Array.from(task.users, (user) => task.history(user).length);
  return Uint32Array.from(task.users.keys()).sort((a, b) => lengths[b]! - lengths[a]! || a - b);
}

function candidatesOf({
  sampled,
  numItems,
}: RankingTask): Pick<EvaluationProtocol, 'candidates' | 'numCandidates' | 'negatives'> {
  if (sampled === undefined) return { candidates: 'full', numCandidates: numItems };
  const { count, distribution, seed } = sampled;
  return {
    candidates: 'sampled',
    numCandidates: Math.min(1 + count, numItems),
    negatives: { count, distribution, seed },
  };
}
