import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hr } from '../../../src/evaluation/metrics/hr';
import { f1 } from '../../../src/evaluation/metrics/f1';
import { librecommenderMap } from '../../../src/evaluation/metrics/librecommenderMap';
import { librecommenderNdcg } from '../../../src/evaluation/metrics/librecommenderNdcg';
import { map } from '../../../src/evaluation/metrics/map';
import { microsoftMrr } from '../../../src/evaluation/metrics/microsoftMrr';
import { mrr } from '../../../src/evaluation/metrics/mrr';
import { ndcg } from '../../../src/evaluation/metrics/ndcg';
import { precision } from '../../../src/evaluation/metrics/precision';
import { recall } from '../../../src/evaluation/metrics/recall';
import { rectoolsMap } from '../../../src/evaluation/metrics/rectoolsMap';
import { rectoolsNdcg } from '../../../src/evaluation/metrics/rectoolsNdcg';
import { rPrecision } from '../../../src/evaluation/metrics/rPrecision';
import type { RankMetric } from '../../../src/evaluation/metrics/metric';
import {
  meanRankMetric,
  rankOf,
  ranksOf,
  tieGroups,
  withoutTies,
  type Rank,
  type RankedTargets,
} from '../../../src/evaluation/rankMetrics';

const METRICS: RankMetric[] = [
  ...[hr, ndcg, mrr, recall, precision, map, f1, rPrecision],
  ...[rectoolsNdcg, rectoolsMap, microsoftMrr, librecommenderNdcg, librecommenderMap],
];

/** @param ranks of the only target of each user */
function metricsOf(ranks: readonly Rank[], cutoffs: readonly number[]): Record<string, number> {
  return metricsOfUsers(
    ranks.map((rank) => [rank]),
    cutoffs,
  );
}

/** @param users the ranks of each user's targets */
function metricsOfUsers(
  users: readonly Rank[][],
  cutoffs: readonly number[],
  metrics = METRICS,
): Record<string, number> {
  const groups = tieGroups(rankedTargets(users));
  return Object.fromEntries(
    cutoffs.flatMap((k) =>
      metrics.map((metric) => [`${metric.name}@${k}`, meanRankMetric(metric, groups, k)]),
    ),
  );
}

function rankedTargets(users: readonly Rank[][]): RankedTargets {
  const ranks = {
    best: Uint32Array.from(users.flat(), ({ best }) => best),
    worst: Uint32Array.from(users.flat(), ({ worst }) => worst),
  };
  const ends = users.map((_, user) => users.slice(0, user + 1).flat().length);
  return { targetOffsets: Uint32Array.of(0, ...ends), ranks };
}

/** The same metric without its gains, as one of the user is. */
const asOwn = ({ name, title, definition, range, higherIsBetter, needs, of }: RankMetric): RankMetric => ({
  ...{ name, title, definition, range, higherIsBetter, needs, of },
});

/** All orders of a list. */
function* ordersOf<Item>(items: readonly Item[]): Generator<Item[]> {
  if (items.length === 0) yield [];
  for (const [place, item] of items.entries())
    for (const rest of ordersOf(items.filter((_, other) => other !== place))) yield [item, ...rest];
}

describe('rankOf', () => {
  const scores = fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 1, maxLength: 30 });

  it('equals the first and the last place of its ties in a sorted list of the candidates', () => {
    fc.assert(
      fc.property(scores, fc.nat(), fc.array(fc.nat(), { maxLength: 10 }), (values, pick, leaveOut) => {
        const target = pick % values.length;
        const excluded = leaveOut.map((column) => column % values.length);
        const sorted = values
          .filter((_, column) => column === target || !excluded.includes(column))
          .sort((a, b) => b - a);
        expect(rankOf(Float32Array.from(values), target, excluded)).toEqual({
          best: sorted.indexOf(values[target]!) + 1,
          worst: sorted.lastIndexOf(values[target]!) + 1,
        });
      }),
    );
  });

  it('ranks several items as it ranks each of them', () => {
    const values = fc.array(fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constantFrom(NaN, -Infinity)), {
      minLength: 1,
      maxLength: 30,
    });
    fc.assert(
      fc.property(
        values,
        fc.array(fc.nat(), { minLength: 1, maxLength: 8 }),
        fc.array(fc.nat()),
        (all, picks, left) => {
          const own = Float32Array.from(all);
          const targets = [...new Set(picks.map((pick) => pick % all.length))];
          const excluded = left
            .map((column) => column % all.length)
            .filter((column) => !targets.includes(column));
          expect(ranksOf(own, targets, excluded)).toEqual(
            targets.map((target) => rankOf(own, target, excluded)),
          );
        },
      ),
    );
  });

  it.each([NaN, -Infinity])('puts an item whose score is %d last, even among its like', (none) => {
    const values = Float32Array.of(none, 1, -2, none, none);
    expect(rankOf(values, 0)).toEqual({ best: 5, worst: 5 });
    expect(rankOf(values, 0, [1, 3, 3, 0])).toEqual({ best: 3, worst: 3 });
    expect(rankOf(new Float32Array(20).fill(none), 7)).toEqual({ best: 20, worst: 20 });
  });

  it('does not let a NaN elsewhere push an item back', () => {
    expect(rankOf(Float32Array.of(Number.NaN, 1, 2), 1)).toEqual({ best: 2, worst: 2 });
  });
});

describe('meanRankMetric', () => {
  it('computes the textbook values', () => {
    const metrics = metricsOf(
      [1, 3, 11, 10].map((place) => ({ best: place, worst: place })),
      [1, 10],
    );
    expect(metrics['hr@1']).toBe(0.25);
    expect(metrics['hr@10']).toBe(0.75);
    expect(metrics['ndcg@10']).toBeCloseTo((1 + 1 / Math.log2(4) + 1 / Math.log2(11)) / 4, 12);
    expect(metrics['mrr@10']).toBeCloseTo((1 + 1 / 3 + 1 / 10) / 4, 12);
  });

  it.each([
    [20, 0.5],
    [21, 10 / 21],
  ])('gives a constant scorer of %i items the hit rate of chance', (numItems, chance) => {
    const rank = rankOf(new Float32Array(numItems), 3);
    const metrics = metricsOf([rank, rank, rank], [10]);
    expect(metrics['hr@10']).toBeCloseTo(chance, 15);
    const gains = Array.from({ length: 10 }, (_, place) => 1 / Math.log2(place + 2));
    expect(metrics['ndcg@10']).toBeCloseTo(gains.reduce((sum, gain) => sum + gain) / numItems, 14);
  });

  it('is the mean over all orders of what is tied, of one relevant item or several', () => {
    const few = fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 1, maxLength: 6 });
    const picks = fc.array(fc.nat(), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(few, picks, fc.integer({ min: 1, max: 7 }), (scores, picked, k) => {
        const targets = [...new Set(picked.map((pick) => pick % scores.length))];
        const sums = new Map(METRICS.map((metric) => [metric, 0]));
        let orders = 0;
        for (const order of ordersOf([...scores.keys()])) {
          // A sort that keeps the order of what is equal lists ties as they were shuffled.
          order.sort((a, b) => scores[b]! - scores[a]!);
          const places = order.flatMap((item, before) =>
            targets.includes(item) && before < k ? [before + 1] : [],
          );
          orders++;
          for (const metric of METRICS)
            sums.set(metric, sums.get(metric)! + metric.of({ places, numRelevant: targets.length }, k));
        }
        const ranks = ranksOf(Float32Array.from(scores), targets);
        const closed = metricsOfUsers([ranks], [k]);
        const counted = metricsOfUsers([ranks], [k], METRICS.map(asOwn));
        for (const [{ name }, sum] of sums) {
          expect(closed[`${name}@${k}`]).toBeCloseTo(sum / orders, 12);
          expect(counted[`${name}@${k}`]).toBeCloseTo(sum / orders, 12);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('gives a constant scorer chance, for any number of candidates and of relevant items among them', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 70 }),
        (candidates, wanted, k) => {
          const size = Math.min(wanted, candidates);
          const ranks = ranksOf(new Float32Array(candidates), [...Array(size).keys()]);
          expect(ranks).toEqual(ranks.map(() => ({ best: 1, worst: candidates })));
          const metrics = metricsOfUsers([ranks], [k]);
          const counted = Math.min(k, candidates);
          let missed = 1;
          for (let place = 0; place < counted; place++)
            missed *= Math.max(0, candidates - size - place) / (candidates - place);
          expect(metrics[`recall@${k}`]).toBeCloseTo(counted / candidates, 12);
          expect(metrics[`precision@${k}`]).toBeCloseTo((counted * size) / candidates / k, 12);
          expect(metrics[`hr@${k}`]).toBeCloseTo(1 - missed, 12);
          const gains = Array.from({ length: counted }, (_, place) => 1 / Math.log2(place + 2));
          const ideal = gains.slice(0, size).reduce((sum, gain) => sum + gain);
          const gained = gains.reduce((sum, gain) => sum + gain);
          expect(metrics[`ndcg@${k}`]).toBeCloseTo((size * gained) / candidates / ideal, 12);
        },
      ),
    );
  });

  it('draws the orders of a metric of the user where there are too many, always the same ones', () => {
    const ranks = ranksOf(new Float32Array(200), [...Array(15).keys()]);
    const exact = metricsOfUsers([ranks], [50]);
    const drawn = metricsOfUsers([ranks], [50], METRICS.map(asOwn));
    expect(metricsOfUsers([ranks], [50], METRICS.map(asOwn))).toEqual(drawn);
    // A thousand orders: within five standard errors, which are at most 0.016.
    for (const [name, value] of Object.entries(exact))
      expect(Math.abs(drawn[name]! - value)).toBeLessThan(0.08);
  });

  it('counts items without a score after all others, each at a place of its own', () => {
    const scores = Float32Array.of(NaN, 3, -Infinity, 1, 2);
    const ranks = ranksOf(scores, [0, 2, 4]);
    expect(ranks).toEqual([
      { best: 5, worst: 5 },
      { best: 5, worst: 5 },
      { best: 2, worst: 2 },
    ]);
    const metrics = metricsOfUsers([ranks], [3, 4, 5]);
    expect([3, 4, 5].map((k) => metrics[`recall@${k}`])).toEqual([1 / 3, 2 / 3, 1]);
  });

  it('has bounds that are the best and the worst of all orders', () => {
    const few = fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(few, fc.nat(), fc.integer({ min: 1, max: 6 }), (scores, pick, k) => {
        const targets = [...new Set([pick % scores.length, 0])];
        const groups = tieGroups(rankedTargets([ranksOf(Float32Array.from(scores), targets)]));
        // LibRecommender's may fall where more is found.
        for (const metric of METRICS.filter(({ name }) => !name.startsWith('librecommender'))) {
          const values = [...ordersOf([...scores.keys()])].map((order) => {
            order.sort((a, b) => scores[b]! - scores[a]!);
            const places = order.flatMap((item, before) =>
              targets.includes(item) && before < k ? [before + 1] : [],
            );
            return metric.of({ places, numRelevant: targets.length }, k);
          });
          expect(meanRankMetric(metric, withoutTies(groups, 'first'), k)).toBeCloseTo(
            Math.max(...values),
            12,
          );
          expect(meanRankMetric(metric, withoutTies(groups, 'last'), k)).toBeCloseTo(Math.min(...values), 12);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('of one relevant item is the same for recall and HR, for MAP and MRR, and k times as large as precision', () => {
    const ranks = [1, 3, 4, 11].map((best): Rank => ({ best, worst: best + (best % 3) }));
    const metrics = metricsOf(ranks, [1, 5, 10]);
    for (const k of [1, 5, 10]) {
      expect(metrics[`recall@${k}`]).toBe(metrics[`hr@${k}`]);
      expect(metrics[`map@${k}`]).toBe(metrics[`mrr@${k}`]);
      expect(metrics[`precision@${k}`]).toBeCloseTo(metrics[`hr@${k}`]! / k, 15);
    }
  });

  it('has the same HR@1, NDCG@1 and MRR@1 for every ranking', () => {
    const rank = fc
      .tuple(fc.integer({ min: 1, max: 9 }), fc.nat(2000))
      .map(([best, ties]): Rank => ({ best, worst: best + ties }));
    fc.assert(
      fc.property(fc.array(rank, { minLength: 1, maxLength: 40 }), (ranks) => {
        const metrics = metricsOf(ranks, [1]);
        expect(metrics['ndcg@1']).toBe(metrics['hr@1']);
        expect(metrics['mrr@1']).toBe(metrics['hr@1']);
      }),
    );
  });
});
