import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { meanRankMetrics, rankOf } from '../../../src/evaluation/rankMetrics';

describe('rankOf', () => {
  it('equals the place in a sorted list, and the mean place of its ties', () => {
    const scores = fc.array(fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constant(-Infinity)), {
      minLength: 1,
      maxLength: 30,
    });
    fc.assert(
      fc.property(scores, fc.nat(), (values, pick) => {
        const target = pick % values.length;
        const sorted = [...values].sort((a, b) => b - a);
        const first = sorted.indexOf(values[target]!) + 1;
        const last = sorted.lastIndexOf(values[target]!) + 1;
        expect(rankOf(Float32Array.from(values), target)).toEqual({
          average: (first + last) / 2,
          best: first,
          worst: last,
        });
      }),
    );
  });

  it('puts an item whose score is NaN behind all that have one', () => {
    const scores = Float32Array.of(Number.NaN, 1, -2, Number.NaN, -Infinity);
    expect(rankOf(scores, 0)).toEqual({ average: 3.5, best: 3, worst: 4 });
  });

  it('does not let a NaN elsewhere push an item back', () => {
    expect(rankOf(Float32Array.of(Number.NaN, 1, 2), 1).average).toBe(2);
  });
});

describe('meanRankMetrics', () => {
  it('computes the textbook values', () => {
    const metrics = meanRankMetrics(Float64Array.of(1, 3, 11, 10), [1, 10]);
    expect(metrics['hr@1']).toBe(0.25);
    expect(metrics['hr@10']).toBe(0.75);
    expect(metrics['ndcg@10']).toBeCloseTo((1 + 1 / Math.log2(4) + 1 / Math.log2(11)) / 4, 12);
    expect(metrics['mrr@10']).toBeCloseTo((1 + 1 / 3 + 1 / 10) / 4, 12);
  });

  it('counts a tie that shares place k as within k, and one behind it as outside', () => {
    expect(meanRankMetrics(Float64Array.of(10.5), [10])['hr@10']).toBe(1);
    expect(meanRankMetrics(Float64Array.of(11), [10])['hr@10']).toBe(0);
  });
});
