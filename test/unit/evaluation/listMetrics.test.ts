import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { auc, averagePrecision, groupAuc, logLoss, ndcg } from '../../../src/evaluation/listMetrics';

describe('list metrics', () => {
  it('are 1 for a list with all that is relevant in front, and fall with every step back', () => {
    expect(ndcg([1, 1, 0, 0], 2, 4)).toBe(1);
    expect(averagePrecision([1, 1, 0, 0], 2, 4)).toBe(1);
    expect(ndcg([1, 0, 1, 0], 2, 4)).toBeLessThan(1);
    expect(averagePrecision([0, 0, 0, 1], 2, 4)).toBeCloseTo(1 / 8, 12);
  });

  it('take what was not found into account, unless the library does not', () => {
    expect(ndcg([1, 0, 0, 0, 0], 5, 5)).toBeCloseTo(0.339160205, 8);
    expect(ndcg([1, 0, 0, 0, 0], 5, 5, 'hits')).toBe(1);
  });
});

describe('AUC', () => {
  it('is the share of pairs in the right order, ties counting half', () => {
    const cases = fc.array(fc.tuple(fc.integer({ min: 0, max: 1 }), fc.integer({ min: 0, max: 4 })), {
      minLength: 1,
      maxLength: 12,
    });
    fc.assert(
      fc.property(cases, (rows) => {
        const of = (label: number) => rows.filter(([own]) => own === label).map(([, score]) => score);
        const pairs = of(1).flatMap((positive) => of(0).map((negative) => [positive, negative] as const));
        const right = pairs.reduce((sum, [p, n]) => sum + (p > n ? 1 : p === n ? 0.5 : 0), 0);
        const value = auc(
          rows.map(([label]) => label),
          rows.map(([, score]) => score),
        );
        if (pairs.length === 0) expect(value).toBeNaN();
        else expect(value).toBeCloseTo(right / pairs.length, 12);
      }),
    );
  });

  it('of groups leaves out those without a pair', () => {
    expect(groupAuc([1, NaN, 0.5], [1, 10, 3])).toBeCloseTo(0.625, 12);
  });
});

it('log loss stays finite for a probability of 0', () => {
  expect(logLoss([1, 0], [0.5, 0.5])).toBeCloseTo(Math.LN2, 12);
  expect(logLoss([1], [0], 1e-7)).toBeCloseTo(-Math.log(1e-7), 6);
});
