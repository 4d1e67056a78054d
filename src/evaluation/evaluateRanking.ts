import type { EvaluationProtocol, Metrics, SampledNegatives, SplitName } from '../protocol/evaluation';
import { meanRankMetrics, rankOf, type Rank, type Ranks } from './rankMetrics';

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
  numItems: number;
  /** Whether the history's items are no candidates. */
  filterSeen: boolean;
  /** Each user's negatives, where these are all that the held-out item is ranked against. */
  negatives: readonly Uint32Array[] | null;
}

/** Anything that says where users' held-out items stand among all items. */
export interface Ranker {
  /** @returns a rank for each user of the batch, in their order */
  rank(batch: RankingBatch): readonly Rank[] | Promise<readonly Rank[]>;
}

/** Anything that scores the whole catalog for users. */
export interface Scorer {
  /**
   * @param histories items of each user, oldest first
   * @param users index of each user
   * @returns row-major `histories × numItems`; column j belongs to item index j + 1
   */
  score(histories: readonly Uint32Array[], users: readonly number[]): Float32Array | Promise<Float32Array>;
}

/** Ranks by all scores. */
export function rankByScores(scorer: Scorer): Ranker {
  return {
    async rank({ users, histories, targets, numItems, filterSeen, negatives }) {
      const scores = await scorer.score(histories, users);
      return targets.map((target, row) => {
        const own = scores.subarray(row * numItems, (row + 1) * numItems);
        const column = target - 1;
        if (negatives !== null) {
          const candidates = Float32Array.of(own[column]!, ...negatives[row]!);
          negatives[row]!.forEach((item, place) => (candidates[place + 1] = own[item - 1]!));
          return rankOf(candidates, 0);
        }
        return rankOf(own, column, filterSeen ? histories[row]!.map((item) => item - 1) : []);
      });
    },
  };
}

export interface RankingResult {
  metrics: Metrics;
  protocol: EvaluationProtocol;
  /** Of each user's held-out item, in the order of `task.users`. */
  ranks: Ranks;
  /** Metrics as if ties were broken for and against the held-out item; null when no tie changes a metric. */
  tieBounds: { best: Metrics; worst: Metrics } | null;
}

export interface RankingOptions {
  cutoffs: readonly number[];
  /** Users ranked at once. */
  batchSize: number;
  /** Called between batches; the place to let other work run, or to stop by throwing. */
  onProgress?: (done: number, total: number) => void | Promise<void>;
}

/** Ranks each user's held-out item against the whole catalog, or against the user's negatives. */
export async function evaluateRanking(
  task: RankingTask,
  ranker: Ranker,
  options: RankingOptions,
): Promise<RankingResult> {
  const { users, numItems, filterSeen } = task;
  const order = byHistoryLength(task);
  const best = new Uint32Array(users.length);
  const worst = new Uint32Array(users.length);

  for (let from = 0; from < users.length; from += options.batchSize) {
    const places = order.subarray(from, from + options.batchSize);
    const batch = Array.from(places, (place) => users[place]!);
    const ranks = await ranker.rank({
      users: batch,
      histories: batch.map((user) => task.history(user)),
      targets: batch.map((user) => task.target(user)),
      numItems,
      filterSeen,
      negatives: task.sampled ? batch.map((user) => task.sampled!.of(user)) : null,
    });
    ranks.forEach((rank, row) => {
      const place = places[row]!;
      best[place] = rank.best;
      worst[place] = rank.worst;
    });
    await options.onProgress?.(Math.min(from + options.batchSize, users.length), users.length);
  }

  const metrics = meanRankMetrics({ best, worst }, options.cutoffs);
  const bounds = {
    best: meanRankMetrics({ best, worst: best }, options.cutoffs),
    worst: meanRankMetrics({ best: worst, worst }, options.cutoffs),
  };
  const tiesMatter = Object.keys(metrics).some((name) => bounds.best[name] !== bounds.worst[name]);
  return {
    metrics,
    protocol: protocolOf(task, options.cutoffs),
    ranks: { best, worst },
    tieBounds: tiesMatter ? bounds : null,
  };
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
