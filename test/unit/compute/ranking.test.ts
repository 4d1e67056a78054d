import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  nearestNeighbors,
  targetRanks,
  topItems,
  type Exclusions,
  type RowColumns,
  type TopItems,
} from '../../../src/compute/ranking';
import { rankOf } from '../../../src/evaluation/rankMetrics';
import { change, draw, drawIndices, fill, inScope, type NdArray } from './checkLayer';
import { bestOf, excludedOf, scoreRows } from './reference/ranking';
import { TEST_BACKENDS, useBackend } from './useBackend';

type Matrix = NdArray<[number, number]>;

const tensor = ({ values, shape }: Matrix) => tf.tensor2d(values, shape);

/** Small whole numbers: their products are exact, and many are equal. */
const drawSmall = (rows: number, columns: number): Matrix => {
  const digits = drawIndices(rows * columns, 5);
  return fill([rows, columns] as [number, number], (place) => digits[place]! - 2);
};

/** Some columns of each row, in no order and often twice. */
function drawExclusions(rows: number, columns: number): Exclusions {
  const lists = Array.from({ length: rows }, (_, row) => [
    ...drawIndices((row * 7) % (columns + 2), columns),
  ]);
  const offsets = [0];
  for (const list of lists) offsets.push(offsets.at(-1)! + list.length);
  return { offsets: Int32Array.from(offsets), columns: Int32Array.from(lists.flat()) };
}

/** None to four columns of each row. */
function drawTargets(rows: number, columns: number): RowColumns {
  const lists = Array.from({ length: rows }, (_, row) => [
    ...new Set(drawIndices((row * 3 + 2) % 5, columns)),
  ]);
  const offsets = [0];
  for (const list of lists) offsets.push(offsets.at(-1)! + list.length);
  return { offsets: Int32Array.from(offsets), columns: Int32Array.from(lists.flat()) };
}

/** The exclusions of rows with several targets have none of them. */
function withoutTargets({ offsets, columns }: Exclusions, targets: RowColumns): Exclusions {
  const kept = [...offsets.keys()].slice(1).map((row) => {
    const own = targets.columns.subarray(targets.offsets[row - 1], targets.offsets[row]);
    const all = [...columns.subarray(offsets[row - 1], offsets[row])];
    return own.length > 1 ? all.filter((column) => !own.includes(column)) : all;
  });
  const ends = kept.map((_, row) => kept.slice(0, row + 1).flat().length);
  return { offsets: Int32Array.of(0, ...ends), columns: Int32Array.from(kept.flat()) };
}

function expectTop(actual: TopItems, expected: { column: number; score: number }[][]): void {
  expect([...actual.columns]).toEqual(expected.flat().map(({ column }) => column));
  // Object.is tells 0 from −0, which no order does.
  expect([...actual.scores].map((score) => score + 0)).toEqual(expected.flat().map(({ score }) => score + 0));
}

describe.each(TEST_BACKENDS)('ranking on %s', (backend) => {
  useBackend(backend);

  it.each([0, -0])('topItems lists scores of %d where all or most are', async (zero) => {
    // Rows: all zero; one above, and the rest zero; zeros that are the best.
    const states = fill([3, 2] as [number, number], (place) => [zero, zero, 1, 0, 0, 1][place]!);
    const items = fill(
      [40, 2] as [number, number],
      (place) => [place === 24 ? 5 : zero, place % 4 === 3 ? zero : -1][place % 2]!,
    );
    const { columns } = await inScope(() => topItems(tensor(states), tensor(items), 3));
    expect([...columns]).toEqual([0, 1, 2, 12, 0, 1, 1, 3, 5]);
  });

  it.each([
    [1, 1, 1, 1],
    [3, 17, 4, 5],
    [17, 63, 3, 10],
    [65, 65, 8, 3],
    [2, 1000, 17, 100],
    [5, 3, 2, 7],
  ])('topItems of %i rows among %i items of %i, the best %i', async (rows, numItems, width, k) => {
    const [states, items] = [drawSmall(rows, width), drawSmall(numItems, width)];
    const bias = Float32Array.from(drawIndices(numItems, 3));
    for (const excluded of [undefined, drawExclusions(rows, numItems)]) {
      for (const used of [undefined, bias]) {
        const actual = await inScope(() =>
          topItems(tensor(states), tensor(items), k, {
            ...(used && { bias: tf.tensor1d(used) }),
            ...(excluded && { excluded }),
          }),
        );
        const scores = scoreRows(states.values, items.values, width, used);
        expectTop(
          actual,
          scores.map((row, index) => bestOf(row, k, excludedOf(excluded, index))),
        );
      }
    }
  });

  it('topItems lists real scores in order, each with its own column', async () => {
    const [rows, numItems, width, k] = [9, 500, 33, 20];
    const [states, items] = [draw(rows, width), draw(numItems, width)];
    const { columns, scores } = await inScope(() => topItems(tensor(states), tensor(items), k));
    scoreRows(states.values, items.values, width).forEach((row, index) => {
      const [listed, values] = [columns, scores].map((list) => [
        ...list.subarray(index * k, (index + 1) * k),
      ]);
      expect(new Set(listed).size).toBe(k);
      values!.forEach((value, place) => {
        expect(Math.abs(value - row[listed![place]!]!)).toBeLessThan(1e-4);
        if (place > 0) expect(value).toBeLessThanOrEqual(values![place - 1]!);
      });
      const best = bestOf(row, k, new Set());
      expect(Math.abs(values![k - 1]! - best[k - 1]!.score)).toBeLessThan(1e-4);
    });
  });

  it('topItems lists no excluded item and none whose score is NaN, and says where there is nothing left', async () => {
    const items = fill([4, 1] as [number, number], (row) => [1, NaN, 3, 2][row]!);
    const excluded = { offsets: Int32Array.of(0, 1, 1, 5), columns: Int32Array.of(2, 0, 1, 2, 3) };
    const states = fill([3, 1] as [number, number], () => 1);
    const actual = await inScope(() => topItems(tensor(states), tensor(items), 4, { excluded }));
    expect([...actual.columns]).toEqual([3, 0, -1, -1, 2, 3, 0, -1, -1, -1, -1, -1]);
    const none = -Infinity;
    expect([...actual.scores]).toEqual([2, 1, none, none, 3, 2, 1, none, none, none, none, none]);
  });

  it.each([
    [1, 1, 1],
    [3, 17, 4],
    [17, 63, 3],
    [65, 65, 8],
    [2, 1000, 17],
  ])('targetRanks of %i rows among %i items of %i', async (rows, numItems, width) => {
    const [states, items] = [drawSmall(rows, width), drawSmall(numItems, width)];
    const oneEach = {
      offsets: Int32Array.from({ length: rows + 1 }, (_, row) => row),
      columns: drawIndices(rows, numItems),
    };
    for (const targets of [oneEach, drawTargets(rows, numItems)])
      for (const drawn of [undefined, drawExclusions(rows, numItems)]) {
        const excluded = drawn && withoutTargets(drawn, targets);
        const { greater, equal } = await inScope(() =>
          targetRanks(tensor(states), tensor(items), targets, excluded),
        );
        expect(greater).toHaveLength(targets.columns.length);
        scoreRows(states.values, items.values, width).forEach((row, index) => {
          for (let place = targets.offsets[index]!; place < targets.offsets[index + 1]!; place++) {
            const target = targets.columns[place]!;
            const others = [...row].filter(
              (_, column) => column !== target && !excludedOf(excluded, index).has(column),
            );
            expect(greater[place]).toBe(others.filter((score) => score > row[target]!).length);
            expect(equal[place]).toBe(others.filter((score) => score === row[target]!).length);
          }
        });
      }
  });

  it('targetRanks agree with rankOf, with NaN and −Infinity among the scores too', async () => {
    const score = fc.oneof(fc.integer({ min: -2, max: 2 }), fc.constantFrom(NaN, -Infinity));
    const lists = fc.array(score, { minLength: 1, maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(
        lists,
        fc.nat(),
        fc.array(fc.nat(), { maxLength: 10 }),
        async (values, pick, leaveOut) => {
          const target = pick % values.length;
          const columns = Int32Array.from(leaveOut, (column) => column % values.length);
          const { greater, equal } = await inScope(() =>
            targetRanks(
              tf.ones([1, 1]),
              tf.tensor2d(values, [values.length, 1]),
              { offsets: Int32Array.of(0, 1), columns: Int32Array.of(target) },
              { offsets: Int32Array.of(0, columns.length), columns },
            ),
          );
          const { best, worst } = rankOf(Float32Array.from(values), target, columns);
          expect(greater[0]! + 1).toBe(best);
          expect(greater[0]! + equal[0]! + 1).toBe(worst);
        },
      ),
      { numRuns: 40, seed: 1 },
    );
  });

  it.each(['cosine', 'dot', 'euclidean'] as const)('nearestNeighbors by %s', async (metric) => {
    const nearness = (a: number[], b: number[]) => {
      const dot = (x: number[], y: number[]) => x.reduce((sum, value, axis) => sum + value * y[axis]!, 0);
      if (metric === 'dot') return dot(a, b);
      if (metric === 'cosine') return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
      return -Math.hypot(...a.map((value, axis) => value - b[axis]!));
    };
    const [count, width, k] = [40, 5, 6];
    const points = change(draw(count, width), (value) => value + 3);
    const rows = Array.from({ length: count }, (_, row) => [
      ...points.values.subarray(row * width, (row + 1) * width),
    ]);
    for (const queries of [undefined, Int32Array.of(7, 0, 39)]) {
      const { columns, scores } = await inScope(() => nearestNeighbors(tensor(points), k, metric, queries));
      const expected = [...(queries ?? rows.keys())].flatMap((query) =>
        bestOf(
          rows.map((row) => nearness(rows[query]!, row)),
          k,
          new Set([query]),
        ),
      );
      expect([...columns]).toEqual(expected.map(({ column }) => column));
      expected.forEach(({ score }, place) =>
        expect(scores[place]).toBeCloseTo(metric === 'euclidean' ? -score : score, 4),
      );
    }
  });

  it('nearestNeighbors by distance keeps its digits far from 0, finds doubles, and runs out of points', async () => {
    const points = fill([3, 2] as [number, number], (place) => 10_000 + [0, 0, 0.25, 0, 0, 0][place]!);
    const { columns, scores } = await inScope(() => nearestNeighbors(tensor(points), 3, 'euclidean'));
    expect([...columns]).toEqual([2, 1, -1, 0, 2, -1, 0, 1, -1]);
    expect([...scores]).toEqual([0, 0.25, Infinity, 0.25, 0.25, Infinity, 0, 0.25, Infinity]);
  });

  it('nearestNeighbors by cosine gives a zero vector the cosine 0', async () => {
    const points = fill([3, 2] as [number, number], (place) => [0, 0, 1, 1, -2, -2][place]!);
    const { columns, scores } = await inScope(() => nearestNeighbors(tensor(points), 2, 'cosine'));
    expect([...columns]).toEqual([1, 2, 0, 2, 0, 1]);
    [0, 0, 0, -1, 0, -1].forEach((score, place) => expect(scores[place]).toBeCloseTo(score, 5));
  });

  it('keeps no tensors', async () => {
    const [states, items] = [tf.ones<tf.Rank.R2>([3, 2]), tf.ones<tf.Rank.R2>([5, 2])];
    const run = async () => {
      await topItems(states, items, 2, {
        excluded: { offsets: Int32Array.of(0, 1, 1, 1), columns: Int32Array.of(0) },
      });
      await targetRanks(states, items, {
        offsets: Int32Array.of(0, 1, 1, 4),
        columns: Int32Array.of(0, 1, 2, 4),
      });
      await nearestNeighbors(items, 2, 'euclidean');
    };
    await run();
    const before = tf.memory().numTensors;
    await run();
    expect(tf.memory().numTensors).toBe(before);
    tf.dispose([states, items]);
  });
});
