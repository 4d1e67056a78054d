import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { measureLabels } from '../../../src/evaluation/measureLabels';
import { metricsOfLabels, METRICS } from '../../../src/evaluation/metrics/metrics';
import { listsOf, type ShownItems } from '../../../src/evaluation/shownItems';

const ALL = metricsOfLabels(METRICS.filter(({ needs }) => needs !== 'list').map(({ name }) => name));

function shownOf(rows: { user: number; label: number; impression?: number }[]): ShownItems {
  return {
    users: Uint32Array.from(rows, ({ user }) => user),
    items: Uint32Array.from(rows, (_, row) => row + 1),
    labels: Uint8Array.from(rows, ({ label }) => label),
    impressions: rows.some(({ impression }) => impression === undefined)
      ? null
      : Uint32Array.from(rows, ({ impression }) => impression!),
  };
}

describe('lists of shown items', () => {
  it('are impressions, or the rows of users, without those of one label', () => {
    const rows = [
      { user: 0, label: 1, impression: 3 },
      { user: 0, label: 0, impression: 5 },
      { user: 0, label: 0, impression: 3 },
      { user: 2, label: 1, impression: 8 },
    ];
    const byImpression = listsOf(shownOf(rows));
    expect(byImpression).toEqual({ by: 'impression', rows: [Uint32Array.of(0, 2)], leftOut: 2 });
    const byUser = listsOf({ ...shownOf(rows), impressions: null });
    expect(byUser).toEqual({ by: 'user', rows: [Uint32Array.of(0, 1, 2)], leftOut: 1 });
  });
});

describe('metrics of labels', () => {
  const rows = [
    { user: 0, label: 1 },
    { user: 0, label: 0 },
    { user: 0, label: 0 },
    { user: 1, label: 0 },
    { user: 1, label: 1 },
  ];
  const shown = shownOf(rows);
  const metrics = metricsOfLabels(['auc', 'ndcg', 'hr']);

  it('have no cut-off, next to those of ranks within lists', () => {
    const scores = Float64Array.of(0.9, 0.2, 0.1, 0.8, 0.3);
    const measured = measureLabels(shown, listsOf(shown), scores, { metrics, cutoffs: [1, 2] });
    expect(Object.keys(measured.metrics)).toEqual(['auc', 'ndcg@1', 'hr@1', 'ndcg@2', 'hr@2']);
    // Of six pairs one is wrong.
    expect(measured.metrics.auc).toBeCloseTo(5 / 6, 15);
    expect(measured.metrics['hr@1']).toBe(0.5);
    expect(measured.metrics['ndcg@2']).toBeCloseTo((1 + 1 / Math.log2(3)) / 2, 15);
    expect(measured.tieBounds).toBeNull();
  });

  it('of a ranker that has no number for a row are not known, and the row comes last', () => {
    const scores = Float64Array.of(NaN, 0.2, 0.1, 0.8, 0.9);
    const measured = measureLabels(shown, listsOf(shown), scores, { metrics, cutoffs: [2] });
    expect(measured.metrics).toEqual({ auc: NaN, 'hr@2': 0.5, 'ndcg@2': 0.5 });
  });

  it('tell doubles apart that are one number in single precision', () => {
    const scores = Float64Array.of(0.5 + 1e-12, 0.5, 0.1, 0.2, 0.3);
    const measured = measureLabels(shown, listsOf(shown), scores, { metrics, cutoffs: [1] });
    expect(measured.metrics['hr@1']).toBe(1);
  });

  it('give a constant scorer chance: what a random order of each list has on average', () => {
    const list = fc.array(fc.integer({ min: 0, max: 1 }), { minLength: 2, maxLength: 6 });
    fc.assert(
      fc.property(
        fc.array(list, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 4 }),
        (lists, k) => {
          const mixed = lists.filter((labels) => new Set(labels).size === 2);
          if (mixed.length === 0) return;
          const own = shownOf(mixed.flatMap((labels, user) => labels.map((label) => ({ user, label }))));
          const constant = new Float64Array(own.users.length).fill(0.3);
          const measured = measureLabels(own, listsOf(own), constant, { metrics: ALL, cutoffs: [k] });
          for (const metric of ALL) {
            if (metric.needs !== 'rank') continue;
            const values = mixed.map((labels) =>
              meanOverOrders(labels, (order) => {
                const reach = metric.gains?.looksBeyond ? order.length : k;
                const places = order.flatMap((label, place) =>
                  label === 1 && place < reach ? [place + 1] : [],
                );
                const numRelevant = labels.filter((label) => label === 1).length;
                return places.length === 0 ? 0 : metric.of({ places, numRelevant }, k);
              }),
            );
            const chance = values.reduce((sum, value) => sum + value, 0) / values.length;
            expect(measured.metrics[`${metric.name}@${k}`]).toBeCloseTo(chance, 12);
          }
          expect(measured.metrics.auc).toBe(0.5);
          expect(measured.metrics.gauc).toBe(0.5);
          expect(measured.metrics.prAuc).toBe(
            own.labels.reduce((sum, label) => sum + label, 0) / own.labels.length,
          );
        },
      ),
      { numRuns: 30 },
    );
  });
});

function meanOverOrders(labels: readonly number[], valueOf: (order: number[]) => number): number {
  const orders = permutations([...labels]);
  return orders.reduce((sum, order) => sum + valueOf(order), 0) / orders.length;
}

function permutations(values: number[]): number[][] {
  if (values.length < 2) return [values];
  return values.flatMap((value, place) =>
    permutations(values.filter((_, other) => other !== place)).map((others) => [value, ...others]),
  );
}
