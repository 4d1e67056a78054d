import { expectationOverOrders, type Ties } from './expectationOverOrders';
import type { RankMetric } from './metrics/metric';

/** The places that one item of a ranking may take, counted from 1: `best` to `worst`, by the order of what it is tied with. */
export interface Rank {
  /** As if the item came first among its ties. */
  best: number;
  /** As if the item came last among its ties; the same place where nothing has its score. */
  worst: number;
}

/**
 * Ranks one item among all candidates by descending score. NaN ranks below every number; an item without a score of its own
 * (NaN or −Infinity) takes the last place of all candidates, so that a broken model never looks good, not even by chance.
 * @param scores one score per item
 * @param target index into `scores`
 * @param excluded indices that are no candidates, in any order; they may repeat. The target is one in any case.
 */
export function rankOf(scores: Float32Array, target: number, excluded: Iterable<number> = []): Rank {
  return ranksOf(scores, [target], excluded)[0]!;
}

/** The same for several items, each of which is a candidate in any case. */
export function ranksOf(
  scores: Float32Array | Float64Array,
  targets: ArrayLike<number>,
  excluded: Iterable<number> = [],
): Rank[] {
  const left = new Set(excluded);
  for (let place = 0; place < targets.length; place++) left.delete(targets[place]!);
  const last = scores.length - left.size;
  // Doubles have all values of single numbers.
  const own = Float64Array.from(targets, (target) => scores[target]!);
  // Each score is looked up among those of the targets, so that many targets cost little more than one.
  const steps = Float64Array.from(new Set(own.filter((score) => score > -Infinity))).sort();
  /** How many candidates lie between a step and the next, and on it. */
  const above = new Float64Array(steps.length);
  const level = new Float64Array(steps.length);
  const count = (score: number, sign: number): void => {
    if (!(score >= steps[0]!)) return;
    const step = lastUpTo(steps, score);
    if (score === steps[step]) level[step]! += sign;
    else above[step]! += sign;
  };
  for (const score of scores) count(score, 1);
  for (const column of left) count(scores[column]!, -1);
  const better = new Float64Array(steps.length);
  for (let step = steps.length - 1; step >= 0; step--)
    better[step] = above[step]! + (step + 1 < steps.length ? better[step + 1]! + level[step + 1]! : 0);
  return Array.from(own, (score) => {
    if (!(score > -Infinity)) return { best: last, worst: last };
    const step = lastUpTo(steps, score);
    // It is among its own ties.
    return rankFrom(better[step]!, level[step]! - 1);
  });
}

/** Where the last of some ascending values is that is not above another one; the first is not. */
function lastUpTo(ascending: Float64Array, value: number): number {
  let [low, high] = [0, ascending.length];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (ascending[middle]! <= value) low = middle;
    else high = middle;
  }
  return low;
}

/** The rank of an item that so many others score above and so many others score the same as. */
export function rankFrom(greater: number, equal: number): Rank {
  return { best: greater + 1, worst: greater + equal + 1 };
}

/** Ranks of targets, which are the held-out items of users, in the order of the users and their targets. */
export interface Ranks {
  best: Uint32Array;
  worst: Uint32Array;
}

/** What metrics of ranks are made of. */
export interface RankedTargets {
  /** User u's targets are those from `targetOffsets[u]` to `targetOffsets[u + 1] - 1`; everybody has some. */
  targetOffsets: Uint32Array;
  ranks: Ranks;
}

/**
 * Users' targets in groups of those that are tied with each other, best places first. The orders of a group's places are equally likely,
 * whatever else has them.
 */
export interface TieGroups {
  /** User u's groups are those from `offsets[u]` to `offsets[u + 1] - 1`. */
  offsets: Uint32Array;
  /** First and last place of each group. */
  best: Uint32Array;
  worst: Uint32Array;
  /** Targets in these places. */
  sizes: Uint32Array;
  /** Targets of each user. */
  numRelevant: Uint32Array;
}

export function tieGroups({ targetOffsets, ranks: { best, worst } }: RankedTargets): TieGroups {
  const numUsers = targetOffsets.length - 1;
  const groups: TieGroups = {
    offsets: new Uint32Array(numUsers + 1),
    best: new Uint32Array(best.length),
    worst: new Uint32Array(best.length),
    sizes: new Uint32Array(best.length),
    numRelevant: Uint32Array.from(
      { length: numUsers },
      (_, user) => targetOffsets[user + 1]! - targetOffsets[user]!,
    ),
  };
  let end = 0;
  for (let user = 0; user < numUsers; user++) {
    const first = targetOffsets[user]!;
    const targets = Uint32Array.from({ length: groups.numRelevant[user]! }, (_, place) => first + place);
    if (targets.length > 1) targets.sort((a, b) => best[a]! - best[b]!);
    for (const target of targets) {
      if (end > groups.offsets[user]! && groups.best[end - 1] === best[target]) groups.sizes[end - 1]!++;
      else {
        groups.best[end] = best[target]!;
        groups.worst[end] = worst[target]!;
        groups.sizes[end++] = 1;
      }
    }
    groups.offsets[user + 1] = end;
  }
  // All items without a score rank last, and together take as many places from there.
  for (let group = 0; group < end; group++)
    groups.best[group] = Math.min(groups.best[group]!, groups.worst[group]! - groups.sizes[group]! + 1);
  return groups;
}

/** The same as if ties were broken for or against the targets. */
export function withoutTies(groups: TieGroups, targetsCome: 'first' | 'last'): TieGroups {
  const { best, worst, sizes } = groups;
  return targetsCome === 'first'
    ? { ...groups, worst: best.map((place, group) => place + Math.max(0, sizes[group]! - 1)) }
    : { ...groups, best: worst.map((place, group) => place - Math.max(0, sizes[group]! - 1)) };
}

/**
 * Each user's value of a metric: its mean over all orders of the tied items (McSherry and Najork, 2008, "Computing information retrieval
 * performance measures efficiently in the presence of tied scores").
 */
export function rankMetricValues(metric: RankMetric, groups: TieGroups, cutoff: number): Float64Array {
  const expected =
    metric.gains === undefined
      ? expectationOverOrders(metric.of, (user) => tiesOf(groups, user), cutoff)
      : expectedGains(metric.gains, groups, cutoff);
  return Float64Array.from(groups.numRelevant, (_, user) => expected(user));
}

function tiesOf({ offsets, best, worst, sizes }: TieGroups, user: number): Ties[] {
  return Array.from(best.subarray(offsets[user], offsets[user + 1]), (first, place) => {
    const group = offsets[user]! + place;
    return { first, places: worst[group]! - first + 1, size: sizes[group]! };
  });
}

/** The mean of these over users. */
export function meanRankMetric(metric: RankMetric, groups: TieGroups, cutoff: number): number {
  const values = rankMetricValues(metric, groups, cutoff);
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** A user's value of a metric that is a sum of gains, in closed form. */
function expectedGains(
  { gain, ideal, looksBeyond }: NonNullable<RankMetric['gains']>,
  { offsets, best, worst, sizes, numRelevant }: TieGroups,
  cutoff: number,
): (user: number) => number {
  // Ties may span the whole catalog, for every user: sums up to a place make each of them one subtraction.
  const firstGains = new Float64Array(cutoff + 1);
  for (let place = 1; place <= cutoff; place++)
    firstGains[place] = firstGains[place - 1]! + gain(place, 1, cutoff);

  return (user) => {
    let sum = 0;
    let before = 0;
    // Behind the first k, only relevant items can be before one that counts.
    const reach = looksBeyond ? cutoff + numRelevant[user]! - 1 : cutoff;
    for (let group = offsets[user]!; group < offsets[user + 1]!; group++) {
      const [first, last, size] = [best[group]!, worst[group]!, sizes[group]!];
      if (first > reach) break;
      const places = last - first + 1;
      const end = Math.min(last, reach);
      if (places === 1) sum += gain(first, before + 1, cutoff);
      else if (size === 1 && before === 0)
        sum += (firstGains[Math.min(end, cutoff)]! - firstGains[Math.min(first - 1, cutoff)]!) / places;
      else sum += gainOfGroup((place, nth) => gain(place, nth, cutoff), { first, end, places, size, before });
      before += size;
    }
    return sum / ideal(numRelevant[user]!, cutoff);
  };
}

/**
 * The expected gain of relevant items that share their places with others. How many of them are in the group's first places follows the
 * hypergeometric distribution.
 * @param group its first place, the last one that counts, all its places, the relevant items in them and those before it
 */
function gainOfGroup(
  gain: (place: number, nth: number) => number,
  { first, end, places, size, before }: Record<'first' | 'end' | 'places' | 'size' | 'before', number>,
): number {
  let sum = 0;
  /** The probability that so many are in the places so far. */
  const found = new Float64Array(size + 1);
  found[0] = 1;
  for (let place = first; place <= end; place++) {
    const rest = places - (place - first);
    for (let count = Math.min(size, place - first); count >= 0; count--) {
      const hit = (found[count]! * (size - count)) / rest;
      if (hit === 0) continue;
      sum += hit * gain(place, before + count + 1);
      found[count + 1]! += hit;
      found[count]! *= (rest - size + count) / rest;
    }
  }
  return sum;
}
