import { readdirSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { calibrationCurve } from '../../../src/evaluation/calibration';
import { areaUnderRoc, auc } from '../../../src/evaluation/metrics/auc';
import { averagePopularity } from '../../../src/evaluation/metrics/averagePopularity';
import { calibrationError } from '../../../src/evaluation/metrics/calibrationError';
import { coverage } from '../../../src/evaluation/metrics/coverage';
import { diversity } from '../../../src/evaluation/metrics/diversity';
import { entropy } from '../../../src/evaluation/metrics/entropy';
import { f2 } from '../../../src/evaluation/metrics/f2';
import { gauc } from '../../../src/evaluation/metrics/gauc';
import { gini } from '../../../src/evaluation/metrics/gini';
import { logLoss } from '../../../src/evaluation/metrics/logLoss';
import { map } from '../../../src/evaluation/metrics/map';
import type { RankMetric } from '../../../src/evaluation/metrics/metric';
import {
  bestOf,
  findMetric,
  gainOver,
  measuredNames,
  METRICS,
  rankingMetrics,
} from '../../../src/evaluation/metrics/metrics';
import { ndcg } from '../../../src/evaluation/metrics/ndcg';
import { novelty } from '../../../src/evaluation/metrics/novelty';
import { pap } from '../../../src/evaluation/metrics/pap';
import { partialAuc } from '../../../src/evaluation/metrics/partialAuc';
import { prAuc } from '../../../src/evaluation/metrics/prAuc';
import { precision } from '../../../src/evaluation/metrics/precision';
import { recall } from '../../../src/evaluation/metrics/recall';
import { serendipity } from '../../../src/evaluation/metrics/serendipity';
import { tailShare } from '../../../src/evaluation/metrics/tailShare';
import { rankMetricValues, tieGroups } from '../../../src/evaluation/rankMetrics';
import type { Catalog, TopLists } from '../../../src/evaluation/topLists';

describe('the list of metrics', () => {
  it('has every file of the folder, under the name of the file', () => {
    const files = readdirSync('src/evaluation/metrics').map((file) => file.replace('.ts', ''));
    const names = METRICS.map(({ name }) => name);
    expect(files.filter((file) => file !== 'metric' && file !== 'metrics').sort()).toEqual(names.sort());
  });

  it('says which of two values is better', () => {
    expect(gainOver('ndcg@10', 0.3, 0.2)).toBeCloseTo(0.1, 15);
    expect(gainOver('gini@10', 0.3, 0.2)).toBeCloseTo(-0.1, 15);
    expect(bestOf('hr@5', [0.1, 0.3, 0.2])).toBe(0.3);
    expect(bestOf('logLoss', [0.7, 0.3, 0.5])).toBe(0.3);
    expect(bestOf('of a later version@10', [0.1, 0.3])).toBe(0.3);
  });

  it('finds a metric by what it is called in results', () => {
    expect(findMetric('ndcg@10')).toBe(ndcg);
    expect(findMetric('logloss')).toBe(logLoss);
    expect(findMetric('constructor')).toBe(undefined);
    expect(measuredNames(['hr', 'ndcg'], [5, 10])).toEqual(['ndcg@5', 'ndcg@10', 'hr@5', 'hr@10']);
    expect(() => rankingMetrics(['auc'])).toThrow('No ranking is measured by auc');
  });
});

it('partial AUC and PAP count relevant items behind the first k, by the irrelevant ones before them', () => {
  // The 3 relevant items have 0, 1 and 4 irrelevant ones before them.
  const ranked = {
    targetOffsets: Uint32Array.of(0, 3),
    ranks: { best: Uint32Array.of(1, 3, 7), worst: Uint32Array.of(1, 3, 7) },
  };
  const value = (metric: RankMetric, k: number) => rankMetricValues(metric, tieGroups(ranked), k)[0];
  expect(value(partialAuc, 2)).toBeCloseTo((2 + 1 + 0) / 6, 15);
  expect(value(partialAuc, 5)).toBeCloseTo((5 + 4 + 1) / 15, 15);
  expect(value(pap, 2)).toBeCloseTo((2 + 1) / 4, 15);
  expect(value(pap, 5)).toBeCloseTo((5 + 4 + 1) / 15, 15);
});

describe('metrics of several relevant items', () => {
  // Of three relevant items two were found, in the places 1 and 4.
  const relevant = { places: [1, 4], numRelevant: 3 };

  it('have the values of the textbook', () => {
    expect(recall.of(relevant, 5)).toBeCloseTo(2 / 3, 15);
    expect(precision.of(relevant, 5)).toBe(2 / 5);
    expect(f2.of(relevant, 5)).toBeCloseTo(10 / 17, 15);
    expect(map.of(relevant, 5)).toBeCloseTo((1 + 2 / 4) / 3, 15);
    const ideal = 1 + 1 / Math.log2(3) + 1 / Math.log2(4);
    expect(ndcg.of(relevant, 5)).toBeCloseTo((1 + 1 / Math.log2(5)) / ideal, 15);
  });

  it('are 1 where the list has room for nothing better', () => {
    const full = { places: [1, 2], numRelevant: 7 };
    expect(ndcg.of(full, 2)).toBe(1);
    expect(map.of(full, 2)).toBe(1);
    expect(precision.of(full, 2)).toBe(1);
  });
});

describe('metrics of lists', () => {
  // Items 1 to 4. Three users had item 1, one of them twice; one had item 2, another item 3; nobody had item 4.
  const catalog: Catalog = {
    numItems: 4,
    numUsers: 4,
    interactions: Uint32Array.of(0, 4, 1, 1, 0),
    users: Uint32Array.of(0, 3, 1, 1, 0),
    categories: [[], [0, 1], [1], [2], []],
  };
  const lists: TopLists = {
    length: 3,
    items: Int32Array.of(1, 2, 3, /* */ 1, 4, 0, /* */ 0, 0, 0),
    relevant: (row) => [[2], [9], [1]][row]!,
  };
  const valuesOf = (values: Float64Array | number): number[] =>
    typeof values === 'number' ? [values] : [...values];

  it('of what is shown to all', () => {
    expect(coverage.of(lists, 1, catalog)).toBe(1 / 4);
    expect(coverage.of(lists, 2, catalog)).toBe(3 / 4);
    // Shown are item 1 twice and items 2 and 4 once: counts 0, 1, 1, 2.
    expect(gini.of(lists, 2, catalog)).toBeCloseTo((-3 * 0 - 1 + 1 + 3 * 2) / (4 * 4), 15);
    expect(entropy.of(lists, 2, catalog)).toBeCloseTo(-(0.5 * Math.log(0.5) + 2 * 0.25 * Math.log(0.25)), 15);
    // All of them equally often.
    const equal = { ...lists, length: 1, items: Int32Array.of(1, 2, 3, 4) };
    expect(gini.of(equal, 1, catalog)).toBe(0);
    expect(entropy.of(equal, 1, catalog)).toBeCloseTo(Math.log(4), 15);
  });

  it('of each user, without one who has no list', () => {
    expect(valuesOf(novelty.of(lists, 2, catalog))).toEqual([
      (-Math.log2(3 / 4) + 2) / 2,
      (-Math.log2(3 / 4) + 2) / 2,
      NaN,
    ]);
    expect(valuesOf(averagePopularity.of(lists, 3, catalog))).toEqual([2, 2, NaN]);
    // Of the three items of training one is the tail: of those with one interaction the first.
    expect(valuesOf(tailShare.of(lists, 3, catalog))).toEqual([1 / 3, 0, NaN]);
    // Items 1 and 2 share one category of two; 1 and 3 have three between them, 2 and 3 two; item 4 has none.
    expect(valuesOf(diversity.of(lists, 3, catalog))).toEqual([(1 + 3 + 2) / 3, 2, NaN]);
    expect(valuesOf(diversity.of(lists, 1, catalog))).toEqual([0, 0, NaN]);
    // Item 2 is in place 2 of 4, where (4 + 1 − 2) / 4 is given to it, and the second by popularity, where the same is.
    expect(valuesOf(serendipity.of(lists, 3, catalog))).toEqual([0, 0, NaN]);
    const first = { ...lists, items: Int32Array.of(2, 1, 3), relevant: () => [2] };
    expect(valuesOf(serendipity.of(first, 3, catalog))).toEqual([(1 - 3 / 4) / 3]);
  });
});

describe('metrics of scores and labels', () => {
  it('AUC is the share of pairs in the right order, ties counting half', () => {
    const cases = fc.array(fc.tuple(fc.integer({ min: 0, max: 1 }), fc.integer({ min: 0, max: 4 })), {
      minLength: 1,
      maxLength: 12,
    });
    fc.assert(
      fc.property(cases, (rows) => {
        const of = (label: number) => rows.filter(([own]) => own === label).map(([, score]) => score);
        const pairs = of(1).flatMap((positive) => of(0).map((negative) => [positive, negative] as const));
        const right = pairs.reduce((sum, [p, n]) => sum + (p > n ? 1 : p === n ? 0.5 : 0), 0);
        const value = areaUnderRoc(
          rows.map(([, score]) => score),
          rows.map(([label]) => label),
        );
        if (pairs.length === 0) expect(value).toBeNaN();
        else expect(value).toBeCloseTo(right / pairs.length, 12);
      }),
    );
  });

  it('GAUC leaves out users without a pair, and weights others by what they were shown', () => {
    const shown = {
      users: [7, 7, 8, 9, 9, 9, 9],
      scores: [0.9, 0.1, 0.5, 0.4, 0.3, 0.2, 0.1],
      labels: [1, 0, 1, 1, 0, 0, 1],
    };
    // User 7: 1 of two items; user 9: 2 of 4 pairs, of four items.
    expect(gauc.of(shown)).toBeCloseTo((2 * 1 + 4 * 0.5) / 6, 15);
    // 4 positives and 3 negatives: 0.9 is above all three, 0.5 and 0.4 above the same three, 0.1 is level with one.
    expect(auc.of(shown)).toBeCloseTo((3 + 3 + 3 + 0.5) / 12, 15);
  });

  it('log loss stays finite for a probability of 0', () => {
    const of = (scores: number[], labels: number[]) => logLoss.of({ users: [], scores, labels });
    expect(of([0.5, 0.5], [1, 0])).toBeCloseTo(Math.LN2, 12);
    expect(of([0.8, 0.4], [1, 0])).toBeCloseTo(-(Math.log(0.8) + Math.log(0.6)) / 2, 15);
    expect(of([0], [1])).toBeCloseTo(-Math.log(1e-15), 6);
  });

  it('PR-AUC takes equal scores together', () => {
    const of = (scores: number[], labels: number[]) => prAuc.of({ users: [], scores, labels });
    expect(of([4, 3, 2, 1], [1, 0, 1, 0])).toBeCloseTo((1 + 2 / 3) / 2, 15);
    expect(of([1, 1], [0, 0])).toBeNaN();
  });

  it('give a constant scorer chance to the last bit', () => {
    const rows = fc.array(fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 1 })), {
      minLength: 2,
      maxLength: 200,
    });
    fc.assert(
      fc.property(rows, fc.double({ min: 0, max: 1, noNaN: true }), (shown, score) => {
        const labels = [0, 1, ...shown.map(([, label]) => label)];
        const users = [0, 0, ...shown.map(([user]) => user)];
        const constant = { users, labels, scores: labels.map(() => score) };
        expect(auc.of(constant)).toBe(0.5);
        expect(gauc.of(constant)).toBe(0.5);
        const share = labels.reduce((sum, label) => sum + label, 0) / labels.length;
        expect(prAuc.of(constant)).toBe(share);
        expect(calibrationError.of(constant)).toBeCloseTo(Math.abs(score - share), 12);
      }),
    );
  });

  it('calibration compares tenths of the rows by their probability, equal ones together', () => {
    // Twenty rows from 0.05 to 1: each bin has two, of which the higher one is positive.
    const scores = Array.from({ length: 20 }, (_, row) => (row + 1) / 20);
    const labels = scores.map((_, row) => row % 2);
    const curve = calibrationCurve({ scores, labels });
    expect(curve).toHaveLength(10);
    expect(curve[0]).toMatchObject({ rows: 2, observed: 0.5, lowest: 0.05, highest: 0.1 });
    expect(curve[0]!.predicted).toBeCloseTo(0.075, 15);
    expect(curve.at(-1)!.highest).toBe(1);
    const distance = curve.reduce((sum, { predicted }) => sum + Math.abs(predicted - 0.5) / 10, 0);
    expect(calibrationError.of({ users: [], scores, labels })).toBeCloseTo(distance, 12);
    // Nine of ten rows have one probability, and happen that often.
    const tied = { scores: [...Array<number>(9).fill(1 / 3), 0.9], labels: [1, 0, 0, 1, 0, 0, 1, 0, 0, 1] };
    expect(calibrationCurve(tied).map(({ rows }) => rows)).toEqual([9, 1]);
    expect(calibrationError.of({ users: [], ...tied })).toBeCloseTo(0.01, 12);
    // The order of the rows is nothing.
    const reversed = { scores: scores.toReversed(), labels: labels.toReversed() };
    expect(calibrationCurve(reversed)).toEqual(curve);
  });
});
