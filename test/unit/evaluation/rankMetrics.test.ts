import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hr } from '../../../src/evaluation/metrics/hr';
import { map } from '../../../src/evaluation/metrics/map';
import { mrr } from '../../../src/evaluation/metrics/mrr';
import { ndcg } from '../../../src/evaluation/metrics/ndcg';
import { precision } from '../../../src/evaluation/metrics/precision';
import { recall } from '../../../src/evaluation/metrics/recall';
import { meanRankMetric, rankOf, type Rank } from '../../../src/evaluation/rankMetrics';

function metricsOf(ranks: readonly Rank[], cutoffs: readonly number[]): Record<string, number> {
  const places = {
    best: Uint32Array.from(ranks, ({ best }) => best),
    worst: Uint32Array.from(ranks, ({ worst }) => worst),
  };
  return Object.fromEntries(
    cutoffs.flatMap((k) =>
      [hr, ndcg, mrr, recall, precision, map].map((metric) => [
        `${metric.name}@${k}`,
        meanRankMetric(metric, places, k),
      ]),
    ),
  );
}

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

  it('is the mean over all orders of what is tied', () => {
    const few = fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(few, fc.nat(), fc.integer({ min: 1, max: 7 }), (scores, pick, cutoff) => {
        const target = pick % scores.length;
        const sums = { hr: 0, ndcg: 0, mrr: 0 };
        let orders = 0;
        for (const order of ordersOf([...scores.keys()])) {
          // A sort that keeps the order of what is equal lists ties as they were shuffled.
          const place = order.sort((a, b) => scores[b]! - scores[a]!).indexOf(target) + 1;
          orders++;
          if (place > cutoff) continue;
          sums.hr += 1;
          sums.ndcg += 1 / Math.log2(place + 1);
          sums.mrr += 1 / place;
        }
        const metrics = metricsOf([rankOf(Float32Array.from(scores), target)], [cutoff]);
        for (const [name, sum] of Object.entries(sums))
          expect(metrics[`${name}@${cutoff}`]).toBeCloseTo(sum / orders, 12);
      }),
      { numRuns: 60 },
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
